import { assumptions, FIREWALL_RULES, ORDINARY_METRICS, standing } from './costs/assumptions.ts';
import measured from './costs/measured.json' with { type: 'json' };
import { PRICES_OF, type PriceName, prices } from './costs/prices.ts';

// docs/costs.md out of what was measured (scripts/costs/measured.json), what is assumed and public prices. `make docs` writes it.

/** Dollars for a thousand of something, or a month. */
interface Item {
  readonly what: string;
  readonly why: string;
  readonly dollars: number;
}

const PER = 1000;
const BYTES_PER_GIGABYTE = 2 ** 30;

const { memoryMegabytes, vcpuMegabytes, coldShare } = assumptions;
/** A function with less than a vCPU computes that much longer than it did here. */
const slower = Math.max(1, vcpuMegabytes / memoryMegabytes);
const gigabytes = memoryMegabytes / 1024;

const price = (name: PriceName, count: number): number => prices[name].dollars * count;
const total = (items: readonly Item[]): number => items.reduce((sum, { dollars }) => sum + dollars, 0);
const money = (dollars: number, digits = 4): string => `$${dollars.toFixed(digits)}`;
const table = (items: readonly Item[], digits = 4): string =>
  [
    '| | how | dollars |',
    '|---|---|---|',
    ...items.map(({ what, why, dollars }) => `| ${what} | ${why} | ${money(dollars, digits)} |`),
    `| **together** | | **${money(total(items), digits)}** |`,
  ].join('\n');

/** Milliseconds billed when the function computed `ms` here and waited `waitMs` for others. */
const billedMs = (ms: number, waitMs = 0): number => Math.ceil(ms * slower + waitMs);

function computing(what: string, ms: number, startMs: number, times = 1): readonly Item[] {
  const billed = billedMs(ms);
  return [
    {
      what: `${what}: invocations`,
      why: `${times} × ${PER}`,
      dollars: price('lambdaRequest', PER * times),
    },
    {
      what: `${what}: computing`,
      why: `${ms} ms here, ${billed} ms at ${memoryMegabytes} MB`,
      dollars: price('lambdaGigabyteSecond', (PER * times * billed * gigabytes) / 1000),
    },
    {
      what: `${what}: starting`,
      why: `${billedMs(startMs)} ms for ${coldShare * 100} % of them`,
      dollars: price('lambdaGigabyteSecond', (PER * times * coldShare * billedMs(startMs) * gigabytes) / 1000),
    },
  ];
}

const apiRequests = (times = 1): Item => ({
  what: 'HTTP API',
  why: `${times} × ${PER} requests`,
  dollars: price('httpApiRequest', PER * times),
});

const waiting = (what: string, ms: number, times = 1): Item => ({
  what,
  why: `${ms} ms, paid as time of the function`,
  dollars: price('lambdaGigabyteSecond', (PER * times * ms * gigabytes) / 1000),
});

function watching(ownBytes: number, invocations = 1): readonly Item[] {
  const bytes = ownBytes + invocations * (assumptions.lambdaLogBytes + assumptions.accessLogBytes);
  return [
    {
      what: 'logs',
      why: `${Math.round(bytes)} bytes: ours, Lambda’s and the API’s`,
      dollars: price('logGigabyte', (PER * bytes) / BYTES_PER_GIGABYTE),
    },
    {
      what: 'traces',
      why: `${assumptions.tracedShare * 100} % are recorded`,
      dollars: price('trace', PER * invocations * assumptions.tracedShare),
    },
  ];
}

const dynamoDb = ({ writes, reads }: { readonly writes: number; readonly reads: number }): Item => ({
  what: 'records in DynamoDB',
  why: `${writes} writes, ${reads} reads (none of it with Redis, which costs by the month)`,
  dollars: price('dynamoWrite', PER * writes) + price('dynamoRead', PER * reads),
});

const keys: Item = {
  what: 'KMS',
  why: `${assumptions.kmsPerCall} requests: what is opened is remembered for minutes`,
  dollars: price('kmsRequest', PER * assumptions.kmsPerCall),
};

const { tool_call: callRecords, question: questionRecords, conversation } = measured.dynamodb;

/** Where it lies by default, whatever the other records lie in. */
const conversationItem: Item = {
  what: 'the conversation, in a table of its own',
  why: `${conversation.writes} write units, ${conversation.reads} read units (with Redis too; none with \`conversations = "store"\`)`,
  dollars: price('dynamoWrite', PER * conversation.writes) + price('dynamoRead', PER * conversation.reads),
};

/** The agent door itself: what a managed gateway does. */
const doorItems = [apiRequests(), ...computing('MCP function', measured.door_ms, measured.mcp_start_ms), keys];
const doorWatched = [...doorItems, ...watching(measured.tool_call_log_bytes)];
const toolMs = Math.max(0, measured.tool_call_ms - measured.door_ms);
const callItems = [
  ...doorWatched,
  { ...waiting('the tool: computing', billedMs(toolMs)), why: `${toolMs.toFixed(2)} ms here beyond the door` },
  waiting('the tool: waiting for Google', assumptions.googleMs),
];

const calls = measured.question_mcp_requests;
/** Here the agent also waited for the MCP function: that time is in both, as it is on the bill. */
const questionItems = [
  apiRequests(1 + calls),
  ...computing('Agent function', measured.question_agent_ms, measured.agent_start_ms),
  ...computing('MCP function', measured.tool_call_ms, measured.mcp_start_ms, calls),
  waiting('MCP function: waiting for Google', assumptions.googleMs, calls),
  waiting('Agent function: waiting for that', assumptions.googleMs, calls),
  waiting('Agent function: waiting for the model', assumptions.modelMs),
  { ...keys, dollars: keys.dollars * (1 + calls) },
  ...watching(measured.question_agent_log_bytes + calls * measured.tool_call_log_bytes, 1 + calls),
  conversationItem,
];

/** At the Function URL the first of the API's requests falls away. */
const streamedItems = [apiRequests(calls), ...questionItems.slice(1)];

const floorItems: readonly Item[] = [
  {
    what: 'KMS keys',
    why: `${standing.kmsKeys}; each yearly renewal of the material adds one more, twice at most`,
    dollars: price('kmsKey', standing.kmsKeys),
  },
  { what: 'hosted zone', why: 'one, if it is for this alone', dollars: price('hostedZone', 1) },
  {
    what: 'alarms',
    why: `${standing.alarmMetrics} metrics, with the key door, the OAuth door and the edge; ten are free`,
    dollars: price('alarmMetric', standing.alarmMetrics),
  },
  {
    what: 'metrics of ours',
    why: `${ORDINARY_METRICS} combinations in ordinary use; ten are free`,
    dollars: price('customMetric', ORDINARY_METRICS),
  },
  { what: 'dashboard', why: 'three in an account are free', dollars: price('dashboard', standing.dashboards) },
];
const optionalItems: readonly Item[] = [
  {
    what: 'Redis Cloud',
    why: 'with `store = "redis"`, unless the free plan’s 30 connections are enough',
    dollars: price('redisCloud', 1),
  },
  {
    what: 'firewall',
    why: `with \`edge\`: a web ACL of ${FIREWALL_RULES} rules; and $0.60 + $1.00 for a million requests through it and CloudFront`,
    dollars: price('webAcl', 1) + price('webAclRule', FIREWALL_RULES),
  },
];

const managed = price('managedGatewayCall', PER);
/** For a test: the door's price for a thousand calls, by store, with and without logs and traces. */
export const doorCosts = {
  managedGateway: managed,
  redis: { bare: total(doorItems), watched: total(doorWatched) },
  dynamodb: {
    bare: total([...doorItems, dynamoDb(callRecords)]),
    watched: total([...doorWatched, dynamoDb(callRecords)]),
  },
} as const;

const percent = (dollars: number): string => `${Math.round((dollars / managed) * 100)} %`;

export function costsDocument(): string {
  const sources = [...new Map(Object.values(prices).map((one) => [one.unit, one])).values()];
  return `# What it costs

Written by \`make docs\` from three things: what was measured (${measured.date}, Node ${measured.node}, ${measured.machine}; \`node test/bench/lambda-costs.ts\`
measures again), what is assumed ([scripts/costs/assumptions.ts](../scripts/costs/assumptions.ts)), and public prices in US East
(N. Virginia) of ${PRICES_OF} ([scripts/costs/prices.ts](../scripts/costs/prices.ts)). No free tier is taken off, though a small
system stays inside most of them. Nothing here was read off a bill; AWS Cost Explorer shows yours.

Measured was the zip under Lambda’s own runtime client, with Redis over TLS and a stand-in Google on the same machine: medians of
the function’s own time from an event to its answer, the bytes that it logs, and with DynamoDB the requests that it makes. A function of ${memoryMegabytes} MB has
${(memoryMegabytes / vcpuMegabytes).toFixed(2)} of a vCPU, so times of computing are taken ${slower.toFixed(2)} times as long.

## A thousand MCP calls at the agent door

The door alone (certificate, revocation, signature, nonce, delegation, grant, rate, protocol), as \`tools/list\` shows it:

${table(doorItems)}

Amazon Bedrock AgentCore Gateway takes ${money(managed, 3)} for a thousand tool calls, logs and traces not included.

| a thousand calls | dollars | of the managed gateway’s price |
|---|---|---|
| the door, Redis | ${money(doorCosts.redis.bare)} | ${percent(doorCosts.redis.bare)} |
| the door, Redis, with our logs and traces | ${money(doorCosts.redis.watched)} | ${percent(doorCosts.redis.watched)} |
| the door, DynamoDB | ${money(doorCosts.dynamodb.bare)} | ${percent(doorCosts.dynamodb.bare)} |
| the door, DynamoDB, with our logs and traces | ${money(doorCosts.dynamodb.watched)} | ${percent(doorCosts.dynamodb.watched)} |

The aim is at most half: kept with Redis, logs and traces and all; with DynamoDB kept by the door, and missed once logs and traces are
counted. A whole call of \`freebusy\`, with the tool and the time that Google takes:

${table([...callItems, dynamoDb(callRecords)])}

## A thousand questions

A question of one tool call ("am I free on 1 March at three?") that begins a conversation, measured with the offline planner. The time of a model is assumed (${assumptions.modelMs} ms), **its tokens
are not in here**: they cost more than all the rest, by the provider’s own list.

${table([...questionItems, dynamoDb(questionRecords)])}

Told while it comes, by the Function URL: ${money(total([...streamedItems, dynamoDb(questionRecords)]))}. Lambda takes nothing for the URL, nor for the first 6 MB of
an answer; a turn that thinks for its whole five minutes is ${money(price('lambdaGigabyteSecond', 300 * gigabytes), 3)} of waiting.

## A month without a question

${table(floorItems, 2)}

And where they are switched on:

${table(optionalItems, 2)}

Storage (state, truststore, tables, logs that are kept) is cents until there is much of it. A trail of CloudTrail is free when it is the account’s first;
its files in S3 are not. The rotation runs every hour: under a cent a month. Lambda looks into the two queues all the time, about 1.3 million requests
a month: SQS's first million is free to an account, the rest is cents.

## What makes it more

- **Traces below one call a second**: X-Ray records the first request of each second, so a quiet system records nearly all, ${money(price('trace', PER), 3)} for a thousand.
  The first 100,000 a month are free.
- **Waiting is paid.** A model that takes ten seconds costs ${money(price('lambdaGigabyteSecond', 10 * gigabytes * PER), 2)} for a thousand questions.
- **Refusals cost too**: a refused request is an API request, an invocation of a few milliseconds and a log line. The throttle of each
  route bounds it (\`throttle\` in terraform/service).
- **New words in metrics**: each combination of tool, outcome or reason is ${money(prices.customMetric.dollars, 2)} a month.

The runbook for a bill that is too high: [operations.md](operations.md#cost-spike).

## Prices

| what | dollars | page |
|---|---|---|
${sources.map(({ unit, dollars, source }) => `| ${unit} | ${dollars < 0.0001 ? `${Number((dollars * 1e6).toPrecision(6))} for a million` : dollars} | ${source} |`).join('\n')}
`;
}
