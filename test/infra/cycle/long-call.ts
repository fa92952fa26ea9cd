import { setTimeout as sleep } from 'node:timers/promises';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createParameterStore } from '../../../src/adapters/aws/parameter-store.ts';
import { TEST_CREDENTIALS } from '../../support/aws-emulator.ts';
import { createOutsideAgent, toolCall } from '../../support/outside-agent.ts';
import { DOMAIN, ENVIRONMENT, REGION, type World } from './world.ts';

// A call that its caller would rather not wait for: the door takes it on, the queue hands it to the worker, and `/mcp/status/{id}` says how it
// ended, to its owner alone. The agent here signs by itself; nothing of ours made its requests.

const CREDENTIALS = `/sallyport/${ENVIRONMENT}/agent-credentials`;
const POLL_MS = 1_000;
/** The queue hands out within seconds; the worker's first start is slow on a busy machine. */
const LIMIT_MS = 120_000;

export interface LongCallFacts {
  /** What the call itself was answered with. */
  readonly taken: string;
  /** Each state that was told, in order. */
  readonly seen: readonly string[];
  /** Of the last answer. */
  readonly result: string;
  /** When somebody else asks for it, when nobody signs, and for a call that there never was. */
  readonly statuses: { readonly another: number; readonly unsigned: number; readonly unknown: number };
}

interface StatusBody {
  readonly status: string;
  readonly result?: unknown;
}

async function readIdentity({ clock, emulator }: World) {
  const client = new SSMClient({ endpoint: emulator.endpoint, region: REGION, credentials: TEST_CREDENTIALS });
  const parameters = createParameterStore({ ttlSeconds: 5, clock, client });
  const text = (await parameters.read([CREDENTIALS]))[CREDENTIALS].reveal();
  client.destroy();
  const { certificate, private_key, key_id, secret } = JSON.parse(text) as Record<string, string>;
  return {
    certificate: certificate ?? '',
    privateKey: private_key ?? '',
    keyId: key_id ?? '',
    secret: secret ?? '',
  };
}

/** `another` is a person who has asked for nothing. */
export async function callAndLookLater(world: World, person: string, another: string): Promise<LongCallFacts> {
  const agent = createOutsideAgent(await readIdentity(world), { url: `https://mcp.${DOMAIN}/mcp`, ca: world.publicCa });
  const claims = { scope: 'aws.read' };
  const look = (who: string, id: string, more = {}) =>
    agent.send(who, { method: 'GET', path: `/mcp/status/${id}`, body: '', claims, ...more });
  const taken = await agent.send(person, {
    body: toolCall('sts_read_operations', { operation: 'GetCallerIdentity', refresh: true }),
    claims,
    headers: { prefer: 'respond-async' },
  });
  const told = taken.json as { readonly result?: { readonly _meta?: Readonly<Record<string, { id?: string }>> } };
  const id = told.result?._meta?.['sallyport/task']?.id;
  if (id === undefined) throw new Error(`the call was not taken on: ${taken.status} ${taken.text}`);
  const seen: string[] = [];
  const deadline = performance.now() + LIMIT_MS;
  let last: StatusBody | undefined;
  while (performance.now() < deadline) {
    const answer = await look(person, id);
    if (answer.status !== 200) throw new Error(`its owner is answered ${answer.status}: ${answer.text}`);
    last = answer.json as StatusBody;
    if (seen.at(-1) !== last.status) seen.push(last.status);
    if (last.status !== 'queued' && last.status !== 'working') break;
    await sleep(POLL_MS);
  }
  const statuses = {
    another: (await look(another, id)).status,
    unsigned: (await look(person, id, { authorization: null })).status,
    unknown: (await look(person, 'x'.repeat(43))).status,
  };
  return { taken: taken.text, seen, result: JSON.stringify(last?.result), statuses };
}
