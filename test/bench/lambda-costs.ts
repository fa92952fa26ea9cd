import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { connectGoogle } from '../../src/cli/client/connect.ts';
import { CONVERSATIONS_TABLE } from '../../src/compose/conversations.ts';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';
import { createConversationsTable } from '../support/conversations-table.ts';
import { ANN } from '../support/google-stand-in.ts';
import type { LambdaFunction } from '../support/lambda-function.ts';
import { type LambdaWorld, startLambdaWorld } from '../support/lambda-world.ts';
import { createOutsideAgent, type OutsideAgent, toolCall } from '../support/outside-agent.ts';
import { type SharedDynamoDb, startSharedDynamoDb } from '../support/shared-store.ts';

// What a call and a question use, for docs/costs.md: the zip under Lambda's own runtime client, with Redis over TLS, an emulated KMS and Parameter Store and
// a stand-in Google; then the same with DynamoDB, whose requests are counted, and in the table of conversations their units. Writes
// scripts/costs/measured.json.
//   node test/bench/lambda-costs.ts

/** All of them together stay under the 120 a minute that one person may have. */
const CALLS = 25;
const QUESTIONS = 12;
const COLD_STARTS = 5;
const DAY = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Milliseconds that the function had each event, from now on. */
function timeFunction(running: LambdaFunction): number[] {
  const times: number[] = [];
  const { answer } = running;
  Object.assign(running, {
    answer: async (event: unknown) => {
      const started = performance.now();
      try {
        return await answer(event);
      } finally {
        times.push(performance.now() - started);
      }
    },
  });
  return times;
}

async function connect({ person, urls, google }: LambdaWorld): Promise<void> {
  const browser = createHeadlessPerson({ account: ANN.email, googleOrigin: new URL(google.url).origin });
  const oauth = { url: urls.oauth, token: person.confirmToken };
  const outcome = await connectGoogle({ oauth, open: async (url) => void (await browser.visit(url)) });
  if (outcome.status !== 'connected') throw new Error(`Google is not connected: ${JSON.stringify(outcome)}`);
}

function createAgent(world: LambdaWorld): OutsideAgent {
  const { certificate, private_key: privateKey, key_id: keyId, secret } = world.credentials;
  return createOutsideAgent({ certificate, privateKey, keyId, secret }, { url: world.urls.mcp, ca: world.serverCa });
}

async function ask(world: LambdaWorld): Promise<void> {
  const response = await fetch(`${world.urls.agent}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.person.agentToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'am I free on 1 March 2027 at three?', time_zone: 'Europe/Berlin' }),
  });
  const body = (await response.json()) as { readonly status?: string };
  if (body.status !== 'completed') throw new Error(`not answered: ${JSON.stringify(body)}`);
}

async function call(world: LambdaWorld, agent: OutsideAgent, body: string): Promise<void> {
  const answer = await agent.send(world.person.id, { body });
  if (answer.status !== 200) throw new Error(`refused: ${JSON.stringify(answer)}`);
}

const bytes = (lines: readonly string[], from: number): number =>
  lines.slice(from).reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);

/** The same number of times each: first until everything is compiled and cached, then counted. */
async function repeat(times: number, what: () => Promise<void>): Promise<void> {
  for (let index = 0; index < times; index += 1) await what();
}

async function measureDurations(world: LambdaWorld) {
  const agent = createAgent(world);
  const { mcp, agent: agentFunction } = world.functions;
  const freebusy = toolCall('freebusy', DAY);
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
  await repeat(CALLS, () => call(world, agent, freebusy));
  await repeat(QUESTIONS, () => ask(world));

  const mcpTimes = timeFunction(mcp);
  const agentTimes = timeFunction(agentFunction);
  let lines = mcp.lines.length;
  await repeat(CALLS, () => call(world, agent, freebusy));
  const toolMs = median(mcpTimes.splice(0));
  const toolLogBytes = bytes(mcp.lines, lines) / CALLS;
  await repeat(CALLS, () => call(world, agent, list));
  const doorMs = median(mcpTimes.splice(0));
  lines = agentFunction.lines.length;
  await repeat(QUESTIONS, () => ask(world));
  return {
    door_ms: round(doorMs),
    tool_call_ms: round(toolMs),
    tool_call_log_bytes: Math.round(toolLogBytes),
    question_agent_ms: round(median(agentTimes)),
    question_mcp_requests: round(mcpTimes.length / QUESTIONS),
    question_agent_log_bytes: Math.round(bytes(agentFunction.lines, lines) / QUESTIONS),
  };
}

async function measureColdStarts(world: LambdaWorld) {
  const measure = async (entry: 'agent' | 'mcp'): Promise<number> => {
    const times: number[] = [];
    for (let index = 0; index < COLD_STARTS; index += 1) {
      const started = performance.now();
      const running = await world.start(entry, world.environments[entry]);
      times.push(performance.now() - started);
      await running.stop();
    }
    return round(median(times), 0);
  };
  return { mcp_start_ms: await measure('mcp'), agent_start_ms: await measure('agent') };
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

type Seen = SharedDynamoDb['seen'];

const isConversation = ({ body }: Seen[number]): boolean => String(body['TableName']).endsWith(CONVERSATIONS_TABLE);

/** The same requests once more, at a table like theirs, for DynamoDB Local to say what each takes: a conversation grows, and has an index. */
async function countUnits({ client }: SharedDynamoDb, seen: Seen) {
  const TableName = `replayed-${randomUUID()}`;
  await createConversationsTable(client, TableName);
  let [writes, reads] = [0, 0];
  for (const { action, body } of seen) {
    const input = { ...body, TableName, ReturnConsumedCapacity: 'TOTAL' } as never;
    const command = action === 'PutItem' ? new PutItemCommand(input) : new GetItemCommand(input);
    const { ConsumedCapacity: used } = await client.send(command as PutItemCommand);
    if (used?.CapacityUnits === undefined) throw new Error(`${action} says nothing of what it took`);
    if (action === 'PutItem') writes += used.CapacityUnits;
    else reads += used.CapacityUnits;
  }
  return { writes, reads };
}

async function countDynamoDb() {
  const shared = await startSharedDynamoDb({ ownConversations: true });
  const world = await startLambdaWorld(shared);
  try {
    await connect(world);
    const agent = createAgent(world);
    const count = async (times: number, what: () => Promise<void>) => {
      await repeat(3, what);
      const from = shared.seen.length;
      await repeat(times, what);
      const seen = shared.seen.slice(from);
      const records = seen.filter((one) => !isConversation(one));
      const writes = records.filter(({ action }) => WRITES.has(action)).length;
      const units = await countUnits(shared, seen.filter(isConversation));
      const each = (count: number): number => round(count / times, 1);
      return {
        records: { writes: each(writes), reads: each(records.length - writes) },
        conversation: { writes: each(units.writes), reads: each(units.reads) },
      };
    };
    const { records: tool_call } = await count(20, () => call(world, agent, toolCall('freebusy', DAY)));
    const { records: question, conversation } = await count(10, () => ask(world));
    return { tool_call, question, conversation };
  } finally {
    await world.stop();
  }
}

const world = await startLambdaWorld();
let measured: object;
try {
  await connect(world);
  measured = { ...(await measureDurations(world)), ...(await measureColdStarts(world)) };
} finally {
  await world.stop();
}
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  node: process.versions.node,
  ...measured,
  dynamodb: await countDynamoDb(),
};
writeFileSync('scripts/costs/measured.json', `${JSON.stringify(report, null, 2)}\n`);
console.log(report);
process.exit(0);
