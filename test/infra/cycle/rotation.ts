import { randomBytes, X509Certificate } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createParameterStore } from '../../../src/adapters/aws/parameter-store.ts';
import { createMcpToolClient } from '../../../src/adapters/http/mcp-client.ts';
import type { ListedTool, ToolOutcome, ToolPrincipal } from '../../../src/ports/tool-client.ts';
import { TEST_CREDENTIALS } from '../../support/aws-emulator.ts';
import { createTestLog } from '../../support/log.ts';
import { DOMAIN, ENVIRONMENT, REGION, type World } from './world.ts';

// Calls through the agent door while the certificate and the HMAC key change under them. The caller is the agent's own tool client, which reads
// its credentials where the agent reads them and remembers them as long. A rotation takes more than an hour; here the day is put forward
// between the calls, never during one, so every cache grows as old as it would.

const CREDENTIALS = `/sallyport/${ENVIRONMENT}/agent-credentials`;
/** The default of SALLYPORT_PARAMETER_TTL_SECONDS. */
const PARAMETER_TTL_SECONDS = 300;
/** How often the schedule runs the rotation. */
const SCHEDULE_SECONDS = 900;
/** Calls at the same time, and how much of the day passes after them. */
const TOGETHER = 3;
const STEP_SECONDS = 45;
const LONGEST_SECONDS = 4 * 3600;

const awsConfig = ({ emulator }: World) => ({
  endpoint: emulator.endpoint,
  region: REGION,
  credentials: TEST_CREDENTIALS,
});

export interface Caller {
  /** One call of a tool that reads. */
  call(): Promise<ToolOutcome>;
  /** One call of any tool, for which the person must have granted the scope. */
  callTool(name: string, args: Readonly<Record<string, unknown>>, scope: string): Promise<ToolOutcome>;
  close(): Promise<void>;
}

export async function openCaller(world: World, person: string): Promise<Caller> {
  const { clock } = world;
  const client = new SSMClient(awsConfig(world));
  const parameters = createParameterStore({ ttlSeconds: PARAMETER_TTL_SECONDS, clock, client });
  const tools = createMcpToolClient({
    credentials: async () => (await parameters.read([CREDENTIALS]))[CREDENTIALS].reveal(),
    mcpUrl: `https://mcp.${DOMAIN}/mcp`,
    clock,
    random: { bytes: (count) => randomBytes(count) },
    log: createTestLog(),
  });
  const principal = (scopes: readonly string[] = ['calendar.read']): ToolPrincipal => ({
    person,
    scopes,
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    signal: AbortSignal.timeout(60_000),
  });
  let tool: ListedTool | undefined;
  return {
    async call() {
      tool ??= (await tools.list(principal())).find(({ name }) => name === 'freebusy');
      if (tool === undefined) throw new Error('the MCP API has no tool freebusy');
      const range = { timeMin: '2027-03-01', timeMax: '2027-03-02', timeZone: 'Europe/Berlin' };
      return tools.call({ ...principal(), tool, arguments: range });
    },
    async callTool(name, args, scope) {
      const found = (await tools.list(principal([scope]))).find((one) => one.name === name);
      if (found === undefined) throw new Error(`the MCP API has no tool ${name}`);
      return tools.call({ ...principal([scope]), tool: found, arguments: args });
    },
    async close() {
      await tools.close();
      client.destroy();
    },
  };
}

/** What the agent's credentials document holds now. */
export async function readCredentials(world: World) {
  const client = new SSMClient(awsConfig(world));
  const parameters = createParameterStore({ ttlSeconds: 5, clock: world.clock, client });
  const text = (await parameters.read([CREDENTIALS]))[CREDENTIALS].reveal();
  client.destroy();
  const { certificate, private_key, key_id, secret } = JSON.parse(text) as Record<string, string>;
  const serial = new X509Certificate(certificate ?? '').serialNumber;
  world.secrets.know(`private key of certificate ${serial}`, private_key ?? '');
  world.secrets.know(`HMAC secret of ${key_id}`, secret ?? '');
  return { keyId: key_id ?? '', serial };
}

interface RotationReport {
  readonly steps: readonly string[];
  readonly key_id: string;
  readonly next?: { readonly step: string };
}

/** What the schedule does: an event for the function's alias. */
async function runSchedule(lambda: LambdaClient, event: object = {}): Promise<RotationReport> {
  const answer = await lambda.send(
    new InvokeCommand({
      FunctionName: `sallyport-${ENVIRONMENT}-rotate`,
      Qualifier: 'live',
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError !== undefined) throw new Error(`the rotation failed: ${text}`);
  return JSON.parse(text) as RotationReport;
}

export interface RotationFacts {
  readonly calls: number;
  readonly refused: readonly string[];
  readonly steps: readonly string[];
  readonly before: { readonly keyId: string; readonly serial: string };
  readonly after: { readonly keyId: string; readonly serial: string };
  readonly minutes: number;
}

export async function rotateUnderLoad(world: World, caller: Caller, least: number): Promise<RotationFacts> {
  const lambda = new LambdaClient(awsConfig(world));
  const before = await readCredentials(world);
  const refused: string[] = [];
  const steps: string[] = [];
  let [calls, passed, sinceSchedule, done] = [0, 0, 0, false];
  const callTogether = async (): Promise<void> => {
    const outcomes = await Promise.all(Array.from({ length: TOGETHER }, () => caller.call()));
    calls += outcomes.length;
    for (const outcome of outcomes) {
      if (outcome.kind === 'result' && !outcome.isError) continue;
      refused.push(`call ${calls}, ${passed} s on: ${JSON.stringify(outcome)}`);
    }
  };
  await callTogether();
  // While the day is still this machine's own: TLS looks at that clock, and would not take a certificate of the future.
  const renewed = await runSchedule(lambda, { start: true, renew: true });
  steps.push(...renewed.steps);
  while ((!done || calls < least) && passed < LONGEST_SECONDS) {
    await callTogether();
    await world.pass(STEP_SECONDS);
    passed += STEP_SECONDS;
    sinceSchedule += STEP_SECONDS;
    if (sinceSchedule < SCHEDULE_SECONDS || done) continue;
    sinceSchedule = 0;
    // The schedule does not wait for calls to end.
    const [report] = await Promise.all([runSchedule(lambda), callTogether()]);
    steps.push(...report.steps);
    done = report.next === undefined;
  }
  lambda.destroy();
  return { calls, refused, steps, before, after: await readCredentials(world), minutes: passed / 60 };
}
