import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { declaredTools } from '../../build/tool-hashes.ts';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { createEchoTool } from '../support/mcp-tools.ts';
import { createStockHandler } from '../support/stock-handler.ts';
import { answerParent } from './child.ts';
import { API_ID, composeDoor } from './compose-door.ts';
import { type GatewayEvent, toGatewayEvent } from './gateway-event.ts';
import type { Stage } from './seed.ts';
import { createCallSigner, type SignCall, TOLD } from './signed-calls.ts';
import { stockEventHandler } from './stock-event-handler.ts';

// A measured process without a network: the very same events go either through the MCP API with all its checks, records in memory,
// or through the official SDK's handler without any. They are signed in between, outside the measurement.

const DOMAIN = 'mcp.example.test';
const MCP_URL = `https://${DOMAIN}/mcp`;
/** Small, so that events are as fresh as from a socket when their turn comes. */
const BATCH = 200;
const context = { getRemainingTimeInMillis: () => 30_000 };

export interface InProcess {
  readonly given: Stage;
  readonly arm: 'door' | 'stock';
  /** The local tool alone, or the tools of the product beside it. */
  readonly tools: 'one' | 'all';
}

type Handle = (event: GatewayEvent) => Promise<APIGatewayProxyStructuredResultV2>;

let stage: Stage | undefined;
let handle: Handle = async () => {
  throw new Error('not open');
};
let sign: SignCall = () => {
  throw new Error('not open');
};

function signBatch(): readonly GatewayEvent[] {
  if (stage === undefined) throw new Error('not open');
  const { persons, credentials } = stage;
  const clientCertificate = parseCredentials(credentials).document.certificate;
  const gateway = { apiId: API_ID, domainName: DOMAIN, clientCertificate };
  const events = Array.from({ length: BATCH }, (_, index) =>
    toGatewayEvent(sign(persons[index % persons.length] ?? '', index), gateway),
  );
  // Lambda's runtime reads them from JSON: texts are then in one piece, which those put together here are not until somebody reads them.
  return JSON.parse(JSON.stringify(events)) as readonly GatewayEvent[];
}

/** CPU of one batch, microseconds. What signing left behind is cleared away first. */
async function runBatch(): Promise<number> {
  const events = signBatch();
  globalThis.gc?.({ type: 'minor' });
  globalThis.gc?.({ type: 'minor' });
  const before = process.cpuUsage();
  for (const event of events) {
    const result = await handle(event);
    if (result.statusCode !== 200 || !result.body?.includes(TOLD)) {
      throw new Error(`answered ${result.statusCode}: ${result.body}`);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

answerParent({
  async open({ given, arm, tools }: InProcess) {
    stage = given;
    sign = createCallSigner(given, MCP_URL);
    const served = tools === 'one' ? [createEchoTool()] : [createEchoTool(), ...declaredTools()];
    if (arm === 'door') {
      // Lines are made and dropped: this measurement leaves every output out.
      const handler = await composeDoor(given, { mcpUrl: MCP_URL, tools: served, writeLog: () => {} });
      handle = (event) => handler(event, context);
    } else {
      const [person = ''] = given.persons;
      handle = stockEventHandler(createStockHandler(served, person).fetch);
    }
  },
  async run(count: number): Promise<number> {
    let cpuMicros = 0;
    for (let done = 0; done < count; done += BATCH) cpuMicros += await runBatch();
    return cpuMicros / count;
  },
});
