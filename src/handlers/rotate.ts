import { createRotateHandler } from '../compose/rotate.ts';

// Lambda's entry point `rotate.handler`, which a schedule invokes.
export const handler = createRotateHandler({ environment: process.env });
