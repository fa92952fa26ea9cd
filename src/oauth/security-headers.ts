import type { OAuthContext } from './web.ts';

// Headers of every answer. The pages hold no script at all, so the policy allows none; one stylesheet of our own; no frames.

/** `formTargets` are foreign origins that a form of this page may end up at: browsers apply `form-action` to redirects as well. */
export function contentSecurityPolicy(formTargets: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    `form-action ${["'self'", ...new Set(formTargets)].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Over https only, and not for the names of one's own machine, where it would bind every other local server. */
function hstsApplies(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' && hostname !== 'localhost' && hostname !== '127.0.0.1' && hostname !== '[::1]';
}

export function setSecurityHeaders(publicUrl: string): (context: OAuthContext) => void {
  const hsts = hstsApplies(publicUrl);
  return (context) => {
    const { headers } = context.res;
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', contentSecurityPolicy());
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    headers.set('referrer-policy', 'no-referrer');
    headers.set('x-content-type-options', 'nosniff');
    headers.set('x-frame-options', 'DENY');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()');
    if (hsts) headers.set('strict-transport-security', 'max-age=31536000');
  };
}
