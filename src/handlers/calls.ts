import { createLazyCallsWorker } from '../compose/calls-worker.ts';
import { createQueueHandler } from '../compose/queue-handler.ts';

// Lambda's entry point `calls.handler`, which the queue of calls invokes.
export const handler = createQueueHandler(createLazyCallsWorker(process.env), process.env['SALLYPORT_CALLS_QUEUE_URL']);
