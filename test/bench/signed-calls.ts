import { randomBytes } from 'node:crypto';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { mintDelegation } from '../../src/trust/delegation.ts';
import { signRequest } from '../../src/trust/sign-request.ts';
import { SCOPES, type Stage } from './seed.ts';

// `tools/call` requests as the agent sends them (2026-07-28): each with a nonce and a signature of its own, the delegation
// minted once in a while for each person.

export interface SignedCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type SignCall = (person: string, id: number) => SignedCall;

const REVISION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'sallyport-agent', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {
    elicitation: { url: {} },
    extensions: { 'io.modelcontextprotocol/tasks': {} },
  },
};
const DELEGATION_SECONDS = 60;
const DELEGATION_REUSE_MS = 40_000;

/** What the echo tool is told: about as much as a calendar call's arguments. */
export const TOLD = 'Free or busy on Tuesday between nine and five, in Berlin, for the team and for the meeting room?';

export interface ToolUse {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const ECHO: ToolUse = { name: 'echo', arguments: { text: TOLD } };

function callBody(use: ToolUse, id: number): Buffer {
  const params = { ...use, _meta: META };
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }));
}

/** Signs for the server at `mcpUrl`. */
export function createCallSigner(stage: Pick<Stage, 'credentials'>, mcpUrl: string, use = ECHO): SignCall {
  const credentials = parseCredentials(stage.credentials);
  const { host, pathname: path } = new URL(mcpUrl);
  const delegations = new Map<string, { readonly value: string; readonly untilMs: number }>();

  function authorization(person: string): string {
    const nowMs = Date.now();
    const known = delegations.get(person);
    if (known !== undefined && nowMs < known.untilMs) return known.value;
    const { certificate, privateKey } = credentials;
    const token = mintDelegation({
      certificate,
      privateKey,
      person,
      scopes: SCOPES,
      audience: mcpUrl,
      nowMs,
      lifetimeSeconds: DELEGATION_SECONDS,
      random: randomBytes(16),
    });
    delegations.set(person, { value: `Bearer ${token}`, untilMs: nowMs + DELEGATION_REUSE_MS });
    return `Bearer ${token}`;
  }

  return (person, id) => {
    const body = callBody(use, id);
    const headers = {
      authorization: authorization(person),
      'content-type': 'application/json',
      'mcp-protocol-version': REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': use.name,
    };
    const signature = signRequest({
      method: 'POST',
      authority: host,
      path,
      headers,
      body,
      keyId: credentials.keyId,
      secret: credentials.hmacKey,
      created: Math.floor(Date.now() / 1000),
      nonce: randomBytes(16),
    });
    const rest = { host, accept: 'application/json, text/event-stream', 'content-length': String(body.length) };
    return { headers: { ...headers, ...signature, ...rest }, body };
  };
}
