import { composeMcp } from '../compose/mcp.ts';
import { createServiceHandler } from '../compose/service-handler.ts';

// Lambda's entry point `mcp.handler`.
export const handler = createServiceHandler({ service: 'mcp', compose: composeMcp, environment: process.env });

await handler.prepare();
