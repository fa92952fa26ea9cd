import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFileSigner, generateSignerKey } from '../../src/adapters/embedded/file-signer.ts';
import { ensureAuthority } from '../../src/certificates/enrol.ts';
import { readTruststore, removeFromTruststore } from '../../src/certificates/truststore.ts';
import { ask } from '../../src/cli/client/chat.ts';
import type { ToolClient } from '../../src/ports/tool-client.ts';
import type { AgentCredentials } from '../../src/trust/credentials.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { PERSON } from '../support/mcp-app.ts';
import { createOutsideAgent, type OutsideAgent, toolCall, type WireRequest } from '../support/outside-agent.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { type RotationEdge, startRotationEdge } from '../support/rotation-edge.ts';

// Certificates that must not be believed any more, at real TLS doors: one that is revoked, and all of an authority that was replaced.

const INSTANCES = 2;
const CACHE_SECONDS = 1;
const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

function outside({ document }: AgentCredentials, { url, serverCa }: RotationEdge): OutsideAgent {
  const { certificate, private_key: privateKey, key_id: keyId, secret } = document;
  return createOutsideAgent({ certificate, privateKey, keyId, secret }, { url, ca: serverCa });
}

const echo = { body: toolCall('echo', { text: 'x' }), claims: { scope: 'test.read' } };

/** One connection that is kept open, or whose TLS session is taken up again by the next. */
function createConnection({ document }: AgentCredentials, { url, serverCa }: RotationEdge, keepAlive: boolean) {
  const { certificate, private_key } = document;
  const agent = new Agent({ keepAlive, maxSockets: 1, cert: certificate, key: private_key, ca: serverCa });
  const ports = new Set<number | undefined>();
  const resumed: boolean[] = [];
  return {
    ports,
    resumed,
    close: () => agent.destroy(),
    /** The status; 0 when the TLS layer refused. */
    send: (wire: WireRequest): Promise<number> =>
      new Promise((resolve) => {
        const sent = httpsRequest(url, { method: wire.method, agent });
        for (const [name, value] of Object.entries(wire.headers)) sent.setHeader(name, value as string | string[]);
        sent.on('response', (response) => {
          const socket = response.socket as TLSSocket;
          ports.add(socket.localPort);
          resumed.push(socket.isSessionReused());
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        });
        sent.on('error', () => resolve(0));
        sent.end(wire.body);
      }),
  };
}

async function until<Value>(limitMs: number, ask: () => Promise<Value | undefined>): Promise<Value> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (Date.now() > endMs) throw new Error(`not within ${limitMs} ms`);
  }
}

const isAnswered = async (edge: RotationEdge, agent: ToolClient): Promise<boolean> =>
  (await edge.call(agent, 'x')).kind === 'result';

const suite = hasRedisServer() ? describe : describe.skip;

suite('a certificate that is revoked by its serial number', () => {
  let edge: RotationEdge;
  beforeAll(async () => {
    edge = await startRotationEdge({ cacheSeconds: CACHE_SECONDS, instances: INSTANCES });
  }, 30_000);
  afterAll(() => edge?.stop());

  it('is refused by every instance within a minute, on an open connection and with a delegation they remember', async () => {
    const held = await edge.held();
    const signer = outside(held, edge);
    const { headers } = await signer.prepare(PERSON, echo);
    const authorization = String(headers['authorization']);
    const connection = createConnection(held, edge, true);
    const send = async (): Promise<number> => connection.send(await signer.prepare(PERSON, { ...echo, authorization }));
    // Each instance has seen the delegation, and remembers it.
    for (let count = 0; count < 2 * INSTANCES; count += 1) expect(await send()).toBe(200);

    const revokedAtMs = Date.now();
    await edge.operator.revokeSerial(held.certificate.issuer, held.certificate.serial.toLowerCase());
    await until(60_000, async () => {
      const statuses: number[] = [];
      for (let count = 0; count < 2 * INSTANCES; count += 1) statuses.push(await send());
      return statuses.every((status) => status === 401) ? true : undefined;
    });
    expect(Date.now() - revokedAtMs).toBeLessThan(60_000);
    expect(connection.ports.size).toBe(1);
    connection.close();
    const reasons = edge.log.events.filter(({ event }) => event === 'Refused').map(({ fields }) => fields['reason']);
    expect(new Set(reasons)).toEqual(new Set(['certificate_revoked']));
  }, 75_000);

  it('is followed by another with which the same agent goes on, without a restart', async () => {
    const agent = edge.agent();
    expect(await isAnswered(edge, agent)).toBe(false);
    expect((await edge.rotation().run({ renew: true })).steps).toEqual(['certificate_renewed']);
    await until(10_000, async () => ((await isAnswered(edge, agent)) ? true : undefined));
  });
});

suite('one authority after another', () => {
  let edge: RotationEdge;
  beforeAll(async () => {
    edge = await startRotationEdge({ cacheSeconds: CACHE_SECONDS, instances: INSTANCES });
  }, 30_000);
  afterAll(() => edge?.stop());

  it('takes over without one refused call, and the old one’s certificates are refused in the handshake after it', async () => {
    const old = await edge.held();
    const { door, server, authority, truststore } = edge;
    const agent = edge.agent();
    let over = false;
    const outcomes = new Set<string>();
    const calling = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!over) {
          const outcome = await edge.call(agent, 'x');
          outcomes.add(outcome.kind === 'result' ? 'answered' : JSON.stringify(outcome));
        }
      }),
    );
    const session = createConnection(old, edge, false);
    const sendOld = async (): Promise<number> => session.send(await outside(old, edge).prepare(PERSON, echo));
    expect([await sendOld(), await sendOld()]).toEqual([200, 200]);
    expect(session.resumed).toEqual([false, true]);

    // Both are trusted; the new one issues.
    const signer = createFileSigner(generateSignerKey());
    const name = 'CN=Edge CA 2';
    const next = await ensureAuthority({ signer, clock, random }, { name, truststore });
    door.replaceTls({ ...server, clientCa: next.truststore });
    expect(await sendOld()).toBe(200);
    const rotation = edge.rotation({ authority: { certificate: next.certificate, signer } });
    expect((await rotation.run()).steps).toEqual(['certificate_renewed']);
    const renewed = await edge.held();
    expect(renewed.certificate.issuer).toBe(name);
    await until(10_000, async () =>
      edge.seen.at(-1)?.certificate.trim() === renewed.document.certificate.trim()
        ? true
        : await isAnswered(edge, agent).then(() => undefined),
    );

    // The old one goes, when nobody uses it any more.
    const left = removeFromTruststore(next.truststore, authority.certificate);
    expect(readTruststore(left).map((one) => one.name)).toEqual([name]);
    expect(await sendOld()).toBe(200);
    door.replaceTls({ ...server, clientCa: left });
    // Not even by the session that was good a moment ago.
    expect([await sendOld(), await sendOld()]).toEqual([0, 0]);
    expect((await outside(renewed, edge).send(PERSON, echo)).status).toBe(200);
    for (let count = 0; count < 20; count += 1) expect(await isAnswered(edge, agent)).toBe(true);
    over = true;
    await calling;
    session.close();
    const failed = edge.log.events
      .filter(({ event }) => event === 'mcp.call_failed')
      .map(({ fields }) => fields['cause']);
    expect([[...outcomes], failed]).toEqual([['answered'], []]);
  }, 30_000);

  it('leaves no connection open that the old one let in', async () => {
    const held = await edge.held();
    const connection = createConnection(held, edge, true);
    const send = async (): Promise<number> => connection.send(await outside(held, edge).prepare(PERSON, echo));
    expect([await send(), await send()]).toEqual([200, 200]);
    expect(connection.ports.size).toBe(1);
    edge.door.replaceTls({ ...edge.server, clientCa: edge.truststore });
    expect(await send()).toBe(0);
    expect(await send()).toBe(0);
    connection.close();
  });
});

describe('the system on one machine', () => {
  let test: TestMachine;
  beforeAll(async () => {
    test = await startTestMachine();
    await test.connect();
  }, 30_000);
  afterAll(() => test?.close());

  const isFree = async (): Promise<string> => {
    const { agent, oauth } = test.machine.access;
    const message = 'Am I free on 1 March 2027 at 10:00?';
    const asked = { message, timeZone: 'Europe/Berlin' };
    return (await ask(asked, { agent, approvals: oauth, decide: async () => 'no' as const })).status;
  };
  const serials = (): readonly unknown[] => test.lines('tool_call').map((line) => line['certificate_serial']);

  it('renews the agent’s certificate and key while it runs, in its files too', async () => {
    expect(await isFree()).toBe('completed');
    const before = test.machine.access.mcp;
    const certificate = readFileSync(before.cert, 'utf8');
    const report = await test.machine.rotate({ renew: true, replace: before.key_id });
    expect(report.steps).toEqual(['key_replaced', 'certificate_renewed']);

    expect(await isFree()).toBe('completed');
    const after = test.machine.access.mcp;
    expect(after.key_id).toBe('agent/assistant#2');
    expect(after.secret).not.toBe(before.secret);
    const renewed = readFileSync(after.cert, 'utf8');
    expect(renewed).not.toBe(certificate);
    expect(new Set(serials())).toHaveProperty('size', 2);
    const outsider = createOutsideAgent(
      {
        certificate: renewed,
        privateKey: readFileSync(after.key, 'utf8'),
        keyId: after.key_id,
        secret: after.secret,
      },
      { url: after.url, ca: readFileSync(after.ca, 'utf8') },
    );
    const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };
    const answer = await outsider.send(test.machine.access.person, { body: toolCall('freebusy', window) });
    expect(answer.status).toBe(200);
    expect(statSync(test.home.path('agent-credentials.json')).mode & 0o777).toBe(0o600);
  });
});
