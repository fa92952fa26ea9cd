import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RotationDeps, RotationReport, RotationWish } from '../../src/certificates/rotation.ts';
import type { CertificateSigner } from '../../src/ports/certificate-signer.ts';
import type { AgentCredentials } from '../../src/trust/credentials.ts';
import { KEYRING_KEY, type KeyringRecord } from '../../src/trust/keyring.ts';
import { PERSON } from '../support/mcp-app.ts';
import { createOutsideAgent, toolCall } from '../support/outside-agent.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { type RotationEdge, startRotationEdge } from '../support/rotation-edge.ts';

// The promise of the rotation, at full load: 10,000 signed calls over mutual TLS while certificate and key change, and not one refused, though
// every run that writes anything is killed once before its write and once after it.

const CALLS = 10_000;
const CONCURRENCY = 24;
const INSTANCES = 2;
const CACHE_SECONDS = 2;

/** Ports that die once at each place where something is written or signed; each place is told once it was reached. */
function dyingPorts(edge: RotationEdge, killed: string[]): Partial<RotationDeps> {
  const lastly = new Map<string, 'before' | 'after'>();
  const around = async <Value>(place: string, act: () => Promise<Value>): Promise<Value> => {
    if (!lastly.has(place)) {
      lastly.set(place, 'before');
      killed.push(`before ${place}`);
      throw new Error('killed');
    }
    const value = await act();
    if (lastly.get(place) === 'before') {
      lastly.set(place, 'after');
      killed.push(`after ${place}`);
      throw new Error('killed');
    }
    return value;
  };
  const { store, credentials, authority } = edge;
  const signer: CertificateSigner = {
    publicKey: () => authority.signer.publicKey(),
    sign: (data) => around('a signature', () => authority.signer.sign(data)),
  };
  return {
    store: {
      get: (key) => store.get(key),
      compareAndSet: (key, expected, value) => {
        const states = (JSON.parse(value) as KeyringRecord).keys.map((key) => `${key.epoch} ${key.state}`);
        const ends = value.includes('not_after') ? ' with an end' : '';
        return around(`the keyring ${states.join(', ')}${ends}`, () => store.compareAndSet(key, expected, value));
      },
    },
    credentials: {
      read: () => credentials.read(),
      write: (document) => {
        const { key_id } = JSON.parse(document.reveal()) as { key_id: string };
        return around(`the document with ${key_id}`, () => credentials.write(document));
      },
    },
    authority: { ...authority, signer },
  };
}

/** As a schedule and Lambda's retries do it: again and again, whatever becomes of each run. */
async function rotateUntilDone(
  edge: RotationEdge,
  ports: Partial<RotationDeps>,
  wish: RotationWish,
  isOver: () => boolean,
): Promise<readonly string[]> {
  const steps: string[] = [];
  let asked = wish;
  let idle = 0;
  while (!isOver() && idle < 3) {
    const report: RotationReport | undefined = await edge
      .rotation(ports)
      .run(asked)
      .catch(() => undefined);
    steps.push(...(report?.steps ?? []));
    // Whoever asked has an answer; a schedule goes on with nothing in particular.
    if (report !== undefined) asked = {};
    idle = report !== undefined && report.steps.length === 0 && report.next === undefined ? idle + 1 : 0;
    // A schedule's interval: here time itself is what is waited for.
    await pause(100);
  }
  return steps;
}

const outside = ({ document }: AgentCredentials, { url, serverCa }: RotationEdge) =>
  createOutsideAgent(
    {
      certificate: document.certificate,
      privateKey: document.private_key,
      keyId: document.key_id,
      secret: document.secret,
    },
    { url, ca: serverCa },
  );

const echo = { body: toolCall('echo', { text: 'x' }), claims: { scope: 'test.read' } };

(hasRedisServer() ? describe : describe.skip)('ten thousand calls while certificate and key change', () => {
  let edge: RotationEdge;
  beforeAll(async () => {
    edge = await startRotationEdge({ cacheSeconds: CACHE_SECONDS, instances: INSTANCES });
  }, 30_000);
  afterAll(() => edge?.stop());

  it('refuse none, though every run of the rotation dies before and after each of its writes', async () => {
    const before = await edge.held();
    const agents = Array.from({ length: INSTANCES }, () => edge.agent());
    const outcomes = new Map<string, number>();
    let asked = 0;
    let rotated = false;
    const isRefused = (): boolean => outcomes.size > 1 || (outcomes.size === 1 && !outcomes.has('answered'));
    const caller = async (): Promise<void> => {
      while ((asked < CALLS || !rotated) && !isRefused()) {
        asked += 1;
        const agent = agents[asked % agents.length];
        if (agent === undefined) throw new Error('no agent');
        const text = `call ${asked}`;
        const outcome = await edge.call(agent, text);
        const good = outcome.kind === 'result' && !outcome.isError && outcome.structuredContent?.['text'] === text;
        const what = good ? 'answered' : JSON.stringify(outcome);
        outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      }
    };
    const killed: string[] = [];
    const rotating = rotateUntilDone(edge, dyingPorts(edge, killed), { start: true, renew: true }, isRefused).finally(
      () => {
        rotated = true;
      },
    );
    await Promise.all(Array.from({ length: CONCURRENCY }, caller));
    await rotating;

    expect(edge.log.events.filter(({ event }) => event === 'Refused')).toEqual([]);
    expect([...outcomes.keys()]).toEqual(['answered']);
    expect(outcomes.get('answered')).toBeGreaterThanOrEqual(CALLS);
    // Every write was reached, and died once on either side.
    expect(new Set(killed.map((place) => place.replace(/^(?:before|after) /, '')))).toEqual(
      new Set([
        'a signature',
        'the document with agent/assistant#1',
        'the document with agent/assistant#2',
        'the keyring 1 current, 2 next',
        'the keyring 1 previous, 2 current',
        'the keyring 1 previous, 2 current with an end',
        'the keyring 2 current',
      ]),
    );
    expect(killed).toHaveLength(14);

    const after = await edge.held();
    expect(after.keyId).toBe('agent/assistant#2');
    expect(after.certificate.serial).not.toBe(before.certificate.serial);
    // Calls went out with each generation, never with halves of two.
    const pairs = new Set(edge.seen.map(({ certificate, keyId }) => `${keyId} ${certificate}`));
    expect(pairs.size).toBeGreaterThanOrEqual(3);
    expect([...pairs].filter((pair) => pair.startsWith('agent/assistant#2')).join()).not.toContain(
      before.document.certificate.trim(),
    );
    const keyring = JSON.parse((await edge.store.get(KEYRING_KEY)) ?? '') as KeyringRecord;
    expect(keyring.keys).toMatchObject([{ key_id: 'agent/assistant#2', state: 'current' }]);

    // The old key is worth nothing any more, the new one is.
    expect((await outside(before, edge).send(PERSON, echo)).status).toBe(401);
    const refused = edge.log.events.filter(({ event }) => event === 'Refused').map(({ fields }) => fields['reason']);
    // An instance whose copy of the keyring is not yet two seconds old may still know the key, and that its time is over.
    expect(refused).toEqual([expect.stringMatching(/^key_(?:unknown|retired)$/)]);
    expect((await outside(after, edge).send(PERSON, echo)).status).toBe(200);
  }, 110_000);
});
