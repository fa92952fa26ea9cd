import { createCors } from '../adapters/http/cors.ts';
import { createEdge } from '../adapters/http/error-response.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';

// The APIs that pages of other origins may call, each with the methods and headers that it knows.

/** What pages may read beside the body: where a turn is, when to come back, and what to tell an operator. */
const EXPOSED = ['location', 'retry-after', 'server-timing', 'www-authenticate', 'x-request-id'];

const MCP_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'prefer',
  'traceparent',
];

const RULES = {
  agent: {
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    headers: ['accept', 'authorization', 'content-type', 'traceparent', 'x-sallyport-authorization'],
    exposed: EXPOSED,
  },
  /** `GET` and `DELETE` are of calls that go on behind their answer. */
  key: {
    methods: ['GET', 'POST', 'DELETE'],
    headers: MCP_HEADERS,
    exposed: EXPOSED,
  },
  /** Its metadata is read by GET. */
  oauth: {
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    headers: MCP_HEADERS,
    exposed: EXPOSED,
  },
} as const;

/** Faults are answered inside, so that a page can read those answers too. Nothing is added where no origin is named. */
export function withCors(app: HttpApp, api: keyof typeof RULES, origins: readonly string[], log: Log): HttpApp {
  return origins.length === 0 ? app : createCors(createEdge(app, log), { ...RULES[api], origins });
}
