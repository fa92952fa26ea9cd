import { AppError } from '../../kernel/app-error.ts';
import type { Log } from '../../ports/log.ts';
import type { Model, ModelReply, ModelRequest } from '../../ports/model.ts';
import { ProviderFault } from './provider-fault.ts';

// Several models in the operator's order: where one is busy, broken or silent, the next is asked. A refused key, a refused question and a turn
// that has ended are nobody else's to answer, and neither is a question whose answer has begun to show. Each keeps its own time, and the signal is the
// turn's alone: a silent one leaves the next all of its time.

function mayPass(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof ProviderFault && error.cause.passing;
}

/** Named after the first. Rejects with the last one's error. */
export function createFallbackModel(first: Model, others: readonly Model[], log: Pick<Log, 'warn'>): Model {
  const ask = async (model: Model, request: ModelRequest, left: readonly Model[]): Promise<ModelReply> => {
    let told = false;
    const { onText } = request;
    const watched: ModelRequest =
      onText === undefined
        ? request
        : {
            ...request,
            onText: (piece) => {
              told = true;
              onText(piece);
            },
          };
    try {
      const reply = await model.complete(watched);
      return model === first ? reply : { ...reply, answeredBy: model.name };
    } catch (error) {
      const [next, ...rest] = left;
      if (next === undefined || told || !mayPass(error)) throw error;
      const cause = error instanceof AppError && error.cause instanceof Error ? error.cause.message : '';
      log.warn('model.fell_back', { from: model.name, to: next.name, cause });
      return ask(next, request, rest);
    }
  };
  return { name: first.name, complete: (request) => ask(first, request, others) };
}
