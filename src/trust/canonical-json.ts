import { hash } from 'node:crypto';

// JSON in one spelling, after RFC 8785 (JCS): keys sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them.
// What two parties hash or compare must not depend on the order in which a client happened to send its members.

/** `value` must be plain JSON data; members that are `undefined` are left out, as `JSON.stringify` does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 of the canonical form, base64url without padding. */
export function hashJson(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'base64url');
}
