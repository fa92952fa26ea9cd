import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { typicalErrorBody } from './errors.ts';
import type { Fault } from './faults.ts';
import { readBody, sendJson } from './node-http.ts';

// Makes one request fail in the way that a fault asks for.

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly serve: () => Promise<void>;
}

export async function strike(fault: Fault, { request, response, serve }: Exchange): Promise<void> {
  if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false });
  if (fault.reset === true) {
    request.socket.destroy();
    return;
  }
  if (fault.commitThenTimeout === true) {
    // Everything is done and said, only the words never leave; the client hangs up, or `close` does.
    response.writeHead = () => response;
    response.write = () => true;
    response.end = () => response;
    await serve();
    return;
  }
  if (fault.status === undefined) {
    await serve();
    return;
  }
  await readBody(request);
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  sendJson(response, fault.status, fault.body ?? typicalErrorBody(fault.status), headers);
}
