// Scopes are `<toolset>.read` and `<toolset>.write`; write includes read. `confirm` lets a token answer approvals.

export const SCOPE_PATTERN = /^(?:[a-z][a-z0-9_]{0,31}\.(?:read|write)|confirm)$/;

/** Splits a space-separated scope string (RFC 6749 §3.3); `undefined` when one of them is not a scope of ours. */
export function parseScopes(text: string): readonly string[] | undefined {
  const scopes = text.split(' ').filter((scope) => scope !== '');
  return scopes.every((scope) => SCOPE_PATTERN.test(scope)) ? [...new Set(scopes)] : undefined;
}

export function holdsScope(held: readonly string[], needed: string): boolean {
  if (held.includes(needed)) return true;
  return needed.endsWith('.read') && held.includes(`${needed.slice(0, -'.read'.length)}.write`);
}

export function holdsScopes(held: readonly string[], needed: readonly string[]): boolean {
  return needed.every((scope) => holdsScope(held, scope));
}

/** What one list allows, the reads that its writes include beside them. */
function widen(scopes: readonly string[]): readonly string[] {
  const reads = scopes
    .filter((scope) => scope.endsWith('.write'))
    .map((scope) => `${scope.slice(0, -'.write'.length)}.read`);
  return [...scopes, ...reads];
}

/** What both lists allow. A write on one side and a read on the other leaves the read. */
export function intersectScopes(left: readonly string[], right: readonly string[]): readonly string[] {
  const both = widen(left).filter((scope) => holdsScope(right, scope));
  return [...new Set(both)].sort();
}
