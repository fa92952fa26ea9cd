import { composeAgent } from '../compose/agent.ts';
import { createServiceHandler } from '../compose/service-handler.ts';

// Lambda's entry point `agent.handler`.
export const handler = createServiceHandler({ service: 'agent', compose: composeAgent, environment: process.env });

await handler.prepare();
