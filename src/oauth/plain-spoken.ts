import { AppError } from '../kernel/app-error.ts';

// Stores and key services report their faults to operators. Here a person reads them, who needs to know what it means and what to do.

const RECORDS_DOWN =
  'Sallyport cannot reach its own records just now. What you allowed stays as it was; try again in a minute.';

function inPlainWords(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'unavailable') return error;
  return new AppError('unavailable', RECORDS_DOWN, { cause: error, retryAfterSeconds: error.retryAfterSeconds ?? 5 });
}

/** The same port, every method of which answers a promise; `unavailable` faults come in words for persons. */
export function speakPlainly<Port extends object>(port: Port): Port {
  const spoken: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(port)) {
    spoken[name] = async (...given: readonly unknown[]): Promise<unknown> => {
      try {
        return await Reflect.apply(method, port, given);
      } catch (error) {
        throw inPlainWords(error);
      }
    };
  }
  return spoken as Port;
}
