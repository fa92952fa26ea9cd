import { isExpected } from '../kernel/app-error.ts';
import type { Log } from '../ports/log.ts';
import { createEventStream, EVENT_STREAM_HEADERS } from './event-stream.ts';
import type { TellTurn } from './turn-events.ts';
import type { TurnRecord } from './turn-record.ts';
import { viewTurn } from './turn-view.ts';

// A turn's events as the answer to a request. What is refused before the turn begins is answered as everywhere; what fails behind that is the last
// event, for the status is out by then. A client that leaves ends nothing.

export interface TurnStreamContext {
  readonly requestId: string;
  readonly modelName: string;
  readonly log: Log;
}

/** As the edge would say it: a fault that we did not expect keeps its words. */
function describeError(error: unknown, requestId: string): { code: string; message: string; request_id: string } {
  const { code, message } = isExpected(error)
    ? error
    : { code: 'internal', message: 'Something went wrong on our side. Try again.' };
  return { code, message, request_id: requestId };
}

/** `run` tells what happens and resolves with how the turn stands. Rejects when it failed before it told anything. */
export async function streamTurn(
  context: TurnStreamContext,
  run: (tell: TellTurn) => Promise<TurnRecord>,
): Promise<Response> {
  const { requestId, modelName, log } = context;
  const events = createEventStream();
  let hasBegun = false;
  const begun = new Promise<void>((resolve, reject) => {
    const tell: TellTurn = (event) => {
      events.send(event);
      hasBegun = true;
      resolve();
    };
    run(tell)
      .then((record) => {
        // A turn that had ended, or that another process works on, told nothing.
        if (!hasBegun) tell({ type: 'turn.start', turn: record.id, conversation_id: record.conversation_id });
        tell({ type: 'turn.end', ...viewTurn(record, modelName) });
      })
      .catch((error: unknown) => {
        reject(error);
        // Nobody behind us sees it any more: the status is out.
        if (hasBegun && !isExpected(error))
          log.error('stream.broke_off', { cause: error instanceof Error ? error.message : typeof error });
        tell({ type: 'error', error: describeError(error, requestId) });
      })
      .finally(events.end);
  });
  await begun;
  return new Response(events.body, { headers: EVENT_STREAM_HEADERS });
}

/** Whether a client asks for events (RFC 9110 §12.5.1): it names the type, and not to refuse it. A wildcard asks for none. */
export function wantsEvents(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === 'text/event-stream' && !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter));
  });
}
