import { Agent } from 'node:https';
import { isIP } from 'node:net';
import { Client } from '@modelcontextprotocol/client';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { type AgentCredentials, parseCredentials } from '../../trust/credentials.ts';
import { mintDelegation } from '../../trust/delegation.ts';
import { createSigningTransport, type SigningTransport } from './mcp-client-transport.ts';

// One generation of credentials with all that hangs on it: TLS connections, the SDK's client, delegations. A request ends on the generation it
// began with; a replaced one is closed when its last request is done.

export const PROTOCOL_VERSION = '2026-07-28';
/** Its calls may go on behind their answers: `mcp-client-tasks.ts` waits for them. */
const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
const DELEGATION_SECONDS = 60;
/** A delegation is used again for half its life, so that none arrives close to its end. */
const DELEGATION_REUSE_MS = 30_000;
/** Persons × scopes × taint remembered at a time. */
const MAX_DELEGATIONS = 1000;
/** Connections to one server; more requests wait for a free one. */
export const MAX_SOCKETS = 64;
/** The SDK answers our own deadline, never the other way round. */
export const NEVER_MS = 2 ** 31 - 1;

export interface GenerationDeps {
  readonly url: URL;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Generation {
  /** The document it was made of. */
  readonly text: string;
  readonly client: Client;
  within: SigningTransport['within'];
  /** `Bearer <JWT>` for one person in these scopes. */
  authorization(person: string, scopes: readonly string[], tainted: boolean): string;
  /** Counts the work as a reason not to close. */
  use<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Closes now or when the last work is done. */
  retire(): void;
}

function createTlsAgent(url: URL, credentials: AgentCredentials): Agent {
  const { certificate, private_key, server_ca } = credentials.document;
  return new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    maxCachedSessions: 8,
    cert: certificate,
    key: private_key,
    ...(server_ca === undefined ? {} : { ca: server_ca }),
    // RFC 6066 §3: a server name is never an address.
    ...(isIP(url.hostname) === 0 ? { servername: url.hostname } : {}),
    minVersion: 'TLSv1.2',
  });
}

function createDelegations(deps: GenerationDeps, credentials: AgentCredentials): Generation['authorization'] {
  const { url, clock, random } = deps;
  const minted = new Map<string, { readonly value: string; readonly untilMs: number }>();
  return (person, scopes, tainted) => {
    const name = `${person} ${tainted ? 'tainted' : 'clean'} ${scopes.join(' ')}`;
    const nowMs = clock.nowMs();
    const known = minted.get(name);
    if (known !== undefined && nowMs < known.untilMs) return known.value;
    const token = mintDelegation({
      certificate: credentials.certificate,
      privateKey: credentials.privateKey,
      person,
      scopes,
      tainted,
      audience: url.href,
      nowMs,
      lifetimeSeconds: DELEGATION_SECONDS,
      random: random.bytes(16),
    });
    if (minted.size >= MAX_DELEGATIONS) minted.clear();
    minted.set(name, { value: `Bearer ${token}`, untilMs: nowMs + DELEGATION_REUSE_MS });
    return `Bearer ${token}`;
  };
}

function createClient(): Client {
  return new Client(
    { name: 'sallyport-agent', version: '1' },
    {
      capabilities: { elicitation: { url: {} }, extensions: { [TASKS_EXTENSION]: {} } },
      supportedProtocolVersions: [PROTOCOL_VERSION],
      versionNegotiation: { mode: { pin: PROTOCOL_VERSION } },
      inputRequired: { autoFulfill: false },
      // Answers are checked where they are used; the MCP API has checked them against their schema before it sent them.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
}

/** Throws AppError `misconfigured` when the document cannot be used. */
export async function createGeneration(text: string, deps: GenerationDeps): Promise<Generation> {
  const credentials = parseCredentials(text);
  const agent = createTlsAgent(deps.url, credentials);
  const { transport, within } = createSigningTransport({ ...deps, agent, credentials });
  const client = createClient();
  // We know our own server's revision: adopting it here saves asking (`server/discover`) before the first call.
  await client.connect(transport, {
    prior: {
      kind: 'modern',
      discover: { supportedVersions: [PROTOCOL_VERSION], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' },
    },
  });
  let inUse = 0;
  let retired = false;
  const closeWhenIdle = (): void => {
    if (!retired || inUse > 0) return;
    agent.destroy();
    void client.close();
  };
  return {
    text,
    client,
    within,
    authorization: createDelegations(deps, credentials),
    async use(work) {
      inUse += 1;
      try {
        return await work();
      } finally {
        inUse -= 1;
        closeWhenIdle();
      }
    },
    retire() {
      retired = true;
      closeWhenIdle();
    },
  };
}
