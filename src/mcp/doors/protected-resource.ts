import type { HttpApp, HttpRequest, HttpResponse } from '../../ports/http.ts';
import { httpRefusal } from '../endpoint.ts';

// What a client learns of the OAuth door before it has a token (RFC 9728): for whom tokens must be made out, who makes them, what they may hold.
// Public, all of it. Challenges name the address, but a gateway may rename their header: clients then try the two addresses below by themselves.

export interface ProtectedResource {
  /** The MCP endpoint's URL, which is the resource (RFC 8707) and what tokens name as their audience. */
  readonly resource: string;
  /** Issuers whose tokens are believed. Clients of today take the first one. */
  readonly issuers: readonly string[];
  /** As the first issuer spells them. */
  readonly scopes: () => readonly string[];
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** RFC 9728 §3.1: the well-known part goes between the authority and the path. */
export function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`;
}

function metadataPaths(resource: string): ReadonlySet<string> {
  return new Set([WELL_KNOWN, new URL(metadataUrl(resource)).pathname]);
}

function describe({ resource, issuers, scopes }: ProtectedResource): HttpResponse {
  const document = {
    resource,
    authorization_servers: issuers,
    scopes_supported: scopes(),
    bearer_methods_supported: ['header'],
    resource_name: 'Sallyport',
  };
  const headers = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };
  return { status: 200, headers, body: JSON.stringify(document) };
}

function refuseMethod({ requestId }: HttpRequest): HttpResponse {
  const refusal = { code: 'method_not_allowed', message: 'Method not allowed: only GET', requestId };
  return httpRefusal(405, refusal, { allow: 'GET, HEAD' });
}

/** Serves the metadata at both addresses, and leaves everything else to the app. */
export function withProtectedResource(app: HttpApp, resource: ProtectedResource): HttpApp {
  const paths = metadataPaths(resource.resource);
  return async (request) => {
    if (!paths.has(request.path)) return app(request);
    return request.method === 'GET' || request.method === 'HEAD' ? describe(resource) : refuseMethod(request);
  };
}
