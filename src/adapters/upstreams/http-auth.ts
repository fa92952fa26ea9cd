import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import type { AgentDoorAuth, UpstreamAuth } from '../../ports/upstream-auth.ts';
import { type ClientCredentialsDeps, createClientCredentials } from './http-oauth.ts';

// What each request to another server carries to be believed there. A caller's own token is never among it: what a person or an agent showed at
// our door is for us alone (MCP authorization, "Token Passthrough").

type Headers = Readonly<Record<string, string>>;

export interface RequestToProve {
  readonly method: 'POST' | 'DELETE';
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Headers;
  readonly body: string;
}

export interface Proof {
  /** All the headers to send. */
  add(request: RequestToProve): Promise<Headers>;
  /** The server answered 401 to what carried these. Whether another try would carry another proof. */
  renew(sent: Headers): boolean;
}

export type ProofDeps = ClientCredentialsDeps;

/** What a header may carry after `Bearer ` (RFC 6750 §2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

function bearer(token: string, whose: string): Headers {
  if (!TOKEN.test(token)) throw new AppError('misconfigured', `${whose} is no bearer token.`);
  return { authorization: `Bearer ${token}` };
}

/** The kinds that a plain HTTP request can carry: our own agent door signs each message in a way of its own. */
export type HttpAuth = Exclude<UpstreamAuth, AgentDoorAuth>;

/** `url` is the server's own. */
export function createProof(auth: HttpAuth, url: string, deps: ProofDeps): Proof {
  switch (auth.kind) {
    case 'none':
      return { add: async ({ headers }) => headers, renew: () => false };
    case 'bearer':
      return {
        // Read each time, by whoever remembers secrets: a token that was replaced is used without a restart.
        add: async ({ headers }) => {
          const secret = await deps.readSecret(auth.secret);
          return { ...headers, ...bearer(secret.reveal(), `The secret ${auth.secret}`) };
        },
        renew: () => false,
      };
    case 'oauth': {
      const tokens = createClientCredentials(auth, url, deps);
      return {
        add: async ({ headers }) => ({ ...headers, ...bearer((await tokens.token()).reveal(), 'The access token') }),
        renew: ({ authorization = '' }) => tokens.discard(authorization.replace('Bearer ', '')),
      };
    }
    case 'sigv4': {
      const signer = lazily(async () => (await import('../aws/sigv4-headers.ts')).createRequestSigner(auth));
      return { add: async (request) => (await signer())(request), renew: () => false };
    }
  }
}
