import { createWorkerHandler } from '../compose/worker-handler.ts';

// Lambda's entry point `worker.handler`, which the queue of jobs invokes.
export const handler = createWorkerHandler({ environment: process.env });
