import { randomBytes } from 'node:crypto';
import { Agent, request as httpsRequest } from 'node:https';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { mintDelegation } from '../../src/trust/delegation.ts';
import { signRequest } from '../../src/trust/sign-request.ts';
import type { Finished } from './figures.ts';
import type { LoadTarget } from './machine.ts';

// Calls at the agent door as an agent makes them: over kept mutual TLS connections, each request signed, for a person who granted it. One that is
// done behind its answer is looked for at its status until it has ended, as often as the door says.

export interface DoorCalls {
  /** Rejects never. */
  make(kind: Finished['kind']): Promise<{ readonly fault?: string }>;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the answer holds
  readonly json: any;
}

const REVISION = '2026-07-28';
const SCOPES = ['calendar.read'];
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const DELEGATION_SECONDS = 60;
const DELEGATION_REUSE_MS = 30_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** What takes longer has failed. */
const TASK_TIMEOUT_MS = 120_000;
const DAY_MS = 86_400_000;

class Fault extends Error {}

export function createDoorCalls(target: LoadTarget): DoorCalls {
  const { certificate, privateKey, document, hmacKey, keyId } = parseCredentials(target.credentials);
  const { host, hostname, port, pathname } = new URL(target.mcpUrl);
  const { certificate: cert, private_key: key } = document;
  const agent = new Agent({ keepAlive: true, maxSockets: 64, ca: target.serverCa, cert, key });
  let delegation = { value: '', untilMs: 0 };

  function authorization(): string {
    const nowMs = Date.now();
    if (nowMs < delegation.untilMs) return delegation.value;
    const token = mintDelegation({
      certificate,
      privateKey,
      person: target.person,
      scopes: SCOPES,
      audience: target.mcpUrl,
      nowMs,
      lifetimeSeconds: DELEGATION_SECONDS,
      random: randomBytes(16),
    });
    delegation = { value: `Bearer ${token}`, untilMs: nowMs + DELEGATION_REUSE_MS };
    return delegation.value;
  }

  function send(method: 'GET' | 'POST', path: string, given: Readonly<Record<string, string>>, body: Buffer) {
    const headers = { ...given, authorization: authorization() };
    const created = Math.floor(Date.now() / 1000);
    const signed = { method, authority: host, path, headers, body, keyId, secret: hmacKey, created };
    const signature = signRequest({ ...signed, nonce: randomBytes(16) });
    const length = method === 'POST' ? { 'content-length': String(body.length) } : {};
    return new Promise<Answer>((resolve, reject) => {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const all = { ...headers, ...signature, ...length };
      const request = httpsRequest({ host: hostname, port, path, method, agent, headers: all, signal }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const json = JSON.parse(Buffer.concat(chunks).toString('utf8') || 'null');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, json });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  let lastId = 0;
  async function call(prefer: Readonly<Record<string, string>>): Promise<Answer['json']> {
    lastId += 1;
    // Each asks about another day, so that none is answered from memory.
    const from = Date.UTC(2030, 0, 1) + (lastId % 3000) * DAY_MS;
    const times = { timeMin: new Date(from).toISOString(), timeMax: new Date(from + DAY_MS).toISOString() };
    const params = { name: 'freebusy', arguments: times, _meta: META };
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: lastId, method: 'tools/call', params }));
    const named = { 'mcp-protocol-version': REVISION, 'mcp-method': 'tools/call', 'mcp-name': 'freebusy' };
    const { status, json } = await send(
      'POST',
      pathname,
      { 'content-type': 'application/json', ...named, ...prefer },
      body,
    );
    if (status !== 200) throw new Fault(`HTTP ${status}`);
    return json.result ?? {};
  }

  function readResult(result: Answer['json']): void {
    if (result?.isError === true) throw new Fault(String(result._meta?.['sallyport/error']?.code ?? 'tool error'));
    if (result?.structuredContent === undefined) throw new Fault('no result');
  }

  async function callBehind(): Promise<void> {
    const told = await call({ prefer: 'respond-async' });
    const url = told._meta?.['sallyport/task']?.url;
    if (typeof url !== 'string') throw new Fault('not taken on');
    const untilMs = Date.now() + TASK_TIMEOUT_MS;
    for (;;) {
      const { status, headers, json } = await send('GET', new URL(url).pathname, {}, Buffer.alloc(0));
      if (status !== 200) throw new Fault(`status: HTTP ${status}`);
      if (json.status !== 'queued' && json.status !== 'working') {
        if (json.status !== 'completed') throw new Fault(`ended as ${json.status}`);
        return readResult(json.result);
      }
      if (Date.now() > untilMs) throw new Fault('never ended');
      await new Promise((resolve) => setTimeout(resolve, Number(headers['retry-after'] ?? 1) * 1000));
    }
  }

  return {
    async make(kind) {
      try {
        if (kind === 'async') await callBehind();
        else readResult(await call({}));
        return {};
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        return { fault: error instanceof Fault ? error.message : (code ?? (error as Error).name) };
      }
    },
    close: () => agent.destroy(),
  };
}
