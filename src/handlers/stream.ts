import { createStreamHandler, findStreamingRuntime } from '../adapters/http/lambda-stream.ts';
import { composeAgent } from '../compose/agent.ts';
import { createServiceHandler } from '../compose/service-handler.ts';

// Lambda's entry point `stream.handler`: the Agent API behind a Function URL, which waits as long as a turn may take and passes on its
// events as they come.

/** The longest turn, and time to say how it ended. */
const LIMIT_MS = 890_000;

const service = createServiceHandler({
  service: 'agent',
  compose: composeAgent,
  environment: process.env,
  limitMs: LIMIT_MS,
});

export const handler = createStreamHandler(findStreamingRuntime(globalThis), service.respond);

await service.prepare();
