import type { Model } from '../../ports/model.ts';

// The offline planner: a `Model` that needs no network and no language model. It understands plain English calendar requests
// and plans calls of the calendar tools. It refuses to guess: what it does not understand it says, and calls nothing. Text inside
// tool results is data to it; only what the person wrote is a request. Its conventions stand in docs/offline-planner.md.

export interface OfflineModelOptions {
  /** Between which local times a slot may be suggested when the person names none (`HH:MM`); absent, the tool's own. */
  readonly workingHours?: { readonly start: string; readonly end: string };
}

const NAME = 'offline:planner';

/** Never rejects but for the request's own signal: there is nothing here that can fail. */
export function createOfflineModel(options: OfflineModelOptions = {}): Model {
  return {
    name: NAME,
    async complete(request) {
      request.signal.throwIfAborted();
      const { planStep } = await import('./offline/planner.ts');
      const loadLibrary = async () => (await import('./offline/library.ts')).readByLibrary;
      const reply = await planStep(request, { workingHours: options.workingHours, loadLibrary });
      if (reply.text !== '') request.onText?.(reply.text);
      return reply;
    },
  };
}
