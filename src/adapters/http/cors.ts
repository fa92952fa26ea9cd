import type { HttpApp, HttpRequest, HttpResponse } from '../../ports/http.ts';

// Cross-origin requests of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol): pages of the origins that the operator names may call and read
// the answers. Never `*`, and never with credentials: a token is put into a header by the page that holds it, and no cookie counts here. For any
// other origin nothing is said, and the browser keeps the answer from the page; what a request may do, the app decides as for everybody.

export interface CorsRules {
  /** `https://host[:port]`, compared as they are. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Request headers that pages may set, in lower case. */
  readonly headers: readonly string[];
  /** Response headers that pages may read, beside those that they always may. */
  readonly exposed: readonly string[];
}

/** How long a browser may remember a permission: an origin that is taken off the list is out within ten minutes. */
const MAX_AGE_SECONDS = 600;

function varyingByOrigin({ headers }: HttpResponse): string {
  const given = headers['vary'];
  return given === undefined ? 'origin' : `${given}, origin`;
}

export function createCors(app: HttpApp, rules: CorsRules): HttpApp {
  const origins = new Set(rules.origins);

  const isPreflight = (request: HttpRequest): boolean =>
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;

  const permit = (origin: string): HttpResponse => ({
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': rules.methods.join(', '),
      'access-control-allow-headers': rules.headers.join(', '),
      'access-control-max-age': String(MAX_AGE_SECONDS),
      vary: 'origin, access-control-request-method, access-control-request-headers',
    },
    body: '',
  });

  return async (request) => {
    const { origin } = request.headers;
    const isKnown = origin !== undefined && origins.has(origin);
    if (isKnown && isPreflight(request)) return permit(origin);
    const response = await app(request);
    // Caches must not hand an answer for one origin to another one.
    const headers = { ...response.headers, vary: varyingByOrigin(response) };
    if (!isKnown) return { ...response, headers };
    const shared = {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': rules.exposed.join(', '),
    };
    return { ...response, headers: { ...headers, ...shared } };
  };
}
