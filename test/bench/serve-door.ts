import type { ApiGatewayHandler } from '../../src/adapters/http/api-gateway.ts';
import { openFrontDoor } from '../../src/local/front-door.ts';
import { createEchoTool } from '../support/mcp-tools.ts';
import { answerParent } from './child.ts';
import { API_ID, composeDoor } from './compose-door.ts';
import type { Stage } from './seed.ts';

// A measured process: the MCP API behind the agent door on a real mTLS socket.

let port = 0;

answerParent({
  async open(stage: Stage) {
    let composed: ApiGatewayHandler | undefined;
    const handler: ApiGatewayHandler = async (event, context) =>
      composed === undefined ? { statusCode: 503 } : composed(event, context);
    const door = await openFrontDoor({
      name: 'MCP API',
      handler,
      port: 0,
      apiId: API_ID,
      tls: { ...stage.server, clientCa: stage.authority },
      limitMs: 60_000,
      onFault: (error) => console.error(error),
    });
    port = door.port;
    composed = await composeDoor(stage, {
      mcpUrl: `${door.url}/mcp`,
      tools: [createEchoTool()],
      // To a standard output that the parent throws away, as it would go to a sink.
      writeLog: (line) => void process.stdout.write(`${line}\n`),
    });
  },
  port: () => port,
});
