import { createHttpConnector } from '../adapters/upstreams/http-connector.ts';
import { createLambdaConnector } from '../adapters/upstreams/lambda-connector.ts';
import type { Environment } from '../config/load.ts';
import { serverSecrets } from '../config/upstream-auth.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret, type Secret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import type { Random } from '../ports/random.ts';
import type { UpstreamConnector } from '../ports/upstream.ts';
import type { UpstreamAuth } from '../ports/upstream-auth.ts';

// The way to one server at an address, by what proves us there.

export interface HttpServer {
  readonly name: string;
  readonly url: string;
  readonly auth: UpstreamAuth;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly era?: 'auto' | 'legacy';
}

export interface UpstreamHttpParts {
  readonly http: OutsideClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The document SALLYPORT_SERVER_SECRETS as it is now; undefined where there is none. */
  readonly secrets: () => Promise<Secret | undefined>;
}

/** Rejects with AppError `misconfigured`, which names the secret and never shows one. */
export function serverSecretReader(read: UpstreamHttpParts['secrets']): (name: string) => Promise<Secret> {
  return async (name) => {
    const document = await read();
    let json: unknown;
    try {
      json = JSON.parse(document?.reveal() ?? '{}');
    } catch {
      throw new AppError('misconfigured', 'SALLYPORT_SERVER_SECRETS is not JSON: {"<name>": "<secret>", …}.');
    }
    const parsed = serverSecrets.safeParse(json, { jitless: true });
    if (!parsed.success) {
      throw new AppError('misconfigured', 'SALLYPORT_SERVER_SECRETS must be an object of names and texts.');
    }
    const value = Object.hasOwn(parsed.data, name) ? parsed.data[name] : undefined;
    if (value === undefined) throw new AppError('misconfigured', `SALLYPORT_SERVER_SECRETS holds no secret ${name}.`);
    return createSecret(value);
  };
}

export async function composeHttpConnector(server: HttpServer, parts: UpstreamHttpParts): Promise<UpstreamConnector> {
  const { auth, ...place } = server;
  const readSecret = serverSecretReader(parts.secrets);
  const { http, clock, random, log } = parts;
  if (auth.kind !== 'agent_door') return createHttpConnector({ ...place, auth, http, clock, readSecret });
  const { createAgentDoorConnector } = await import('../adapters/upstreams/agent-door-connector.ts');
  return createAgentDoorConnector({ ...place, auth, readSecret, clock, random, log });
}

/** A server that is a function of its own beside this one (`terraform/gateway`). */
export function composeLambdaConnector(
  server: Pick<HttpServer, 'name' | 'timeoutMs'>,
  { http, clock, environment }: Pick<UpstreamHttpParts, 'http' | 'clock'> & { readonly environment: Environment },
): UpstreamConnector {
  const { AWS_REGION: region = '', SALLYPORT_ENVIRONMENT: name = '' } = environment;
  const { AWS_ENDPOINT_URL_LAMBDA: own, AWS_ENDPOINT_URL: all } = environment;
  const endpoint = own ?? all;
  return createLambdaConnector({
    ...server,
    functionName: `sallyport-${name}-server-${server.name}`,
    region,
    http,
    clock,
    ...(endpoint !== undefined && { endpoint }),
  });
}
