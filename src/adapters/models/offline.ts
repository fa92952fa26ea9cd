import type { Model, ModelReply, ModelRequest } from '../../ports/model.ts';

// The offline planner: a `Model` that needs no network and no language model. It understands plain English calendar requests
// and plans calls of the calendar tools. It refuses to guess: what it does not understand it says, and calls nothing. Text inside
// tool results is data to it; only what the person wrote is a request.

export interface OfflineModelOptions {
  /** Between which local times a slot may be suggested when the person names none (`HH:MM`). */
  readonly workingHours?: { readonly start: string; readonly end: string };
}

const NAME = 'offline:planner';

/** Never rejects: there is nothing here that can fail but the request's own signal. */
export function createOfflineModel(options: OfflineModelOptions = {}): Model {
  const workingHours = options.workingHours ?? { start: '09:00', end: '18:00' };
  return {
    name: NAME,
    async complete(request: ModelRequest): Promise<ModelReply> {
      request.signal.throwIfAborted();
      void workingHours;
      return {
        text: 'I am the offline planner.',
        toolCalls: [],
        usage: { inputTokens: 0, outputTokens: 0 },
        stop: 'end',
      };
    },
  };
}
