import { composeOAuth } from '../compose/oauth.ts';
import { createServiceHandler } from '../compose/service-handler.ts';

// Lambda's entry point `oauth.handler`.
export const handler = createServiceHandler({ service: 'oauth', compose: composeOAuth, environment: process.env });

await handler.prepare();
