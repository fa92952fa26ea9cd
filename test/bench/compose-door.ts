import { randomBytes } from 'node:crypto';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { type ApiGatewayHandler, createApiGatewayHandler } from '../../src/adapters/http/api-gateway.ts';
import { createEdge } from '../../src/adapters/http/error-response.ts';
import { createJsonLog } from '../../src/adapters/log/json-log.ts';
import { createRedisStore } from '../../src/adapters/redis/redis-store.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { createMcpApp } from '../../src/mcp/app.ts';
import { createApprovals } from '../../src/mcp/approvals.ts';
import { createAgentDoor } from '../../src/mcp/doors/agent-door.ts';
import { createRateLimit } from '../../src/mcp/rate-limit.ts';
import { createSchemaValidators } from '../../src/mcp/schema-validators.ts';
import { fixedTools } from '../../src/mcp/tool-source.ts';
import type { Tool } from '../../src/mcp/tools/tool.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { ENVIRONMENT, type Stage, seedStore, TRUST_DOMAIN } from './seed.ts';

// The MCP API as `src/compose/mcp.ts` and `service-handler.ts` build it, with tools that need nothing from outside: every check is
// there, and nothing has to be asked of Google. Two things differ: the rate limit is as high as the configuration allows, for a load
// must not run into it, and log lines go where the caller says.

export const API_ID = 'bench-mcp';
const PER_MINUTE = 100_000;

const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => randomBytes(count) };

function openStore(stage: Stage, log: ReturnType<typeof createJsonLog>): KeyValueStore {
  if (stage.redis === undefined) return createMemoryStore({ clock });
  return createRedisStore({ url: createSecret(stage.redis.url), ca: stage.redis.ca, clock, log });
}

export interface DoorOptions {
  /** Ends in `/mcp`. */
  readonly mcpUrl: string;
  readonly tools: readonly Tool[];
  readonly writeLog: (line: string) => void;
}

export async function composeDoor(stage: Stage, { mcpUrl, tools, writeLog }: DoorOptions): Promise<ApiGatewayHandler> {
  const fields = { service: 'mcp', environment: ENVIRONMENT };
  const log = createJsonLog({ clock, write: writeLog, level: 'info', fields });
  const whole = openStore(stage, log);
  if (stage.redis === undefined) await seedStore(whole, stage);
  const store = createStoreView(whole, storeAccess.mcp);
  const url = new URL(mcpUrl);
  const app = createMcpApp({
    door: createAgentDoor({
      store,
      hmacMaster: createSecret(new Uint8Array(Buffer.from(stage.hmacMaster, 'base64url'))),
      authority: url.host,
      path: url.pathname,
      mcpUrl,
      trustDomain: TRUST_DOMAIN,
      environment: ENVIRONMENT,
      expectedApi: { apiId: API_ID, stage: '$default' },
      clock,
      random,
      log,
    }),
    tools: fixedTools(tools),
    approvals: createApprovals({
      store,
      clock,
      random,
      confirm: 'writes',
      approvalUrl: (id) => `https://oauth.example.test/approvals/${id}`,
    }),
    rateLimit: createRateLimit({ store, clock, perMinute: PER_MINUTE }),
    schemas: createSchemaValidators(),
    serverInfo: { name: 'sallyport', version: '0.1.0' },
    log,
    clock,
  });
  return createApiGatewayHandler(createEdge(app, log), 60_000);
}
