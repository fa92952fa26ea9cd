import type * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { OutsideResponse } from '../../ports/outside-client.ts';

// Reads what a service outside answered: a status that says no becomes the error that a person is told, and a body is believed as far as
// its schema goes.

/** Whole seconds only: the other form of RFC 9110 §10.2.3 was waited for by the client already. */
function secondsToWait(response: OutsideResponse): number | undefined {
  const value = response.headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

/** Throws AppError `rate_limited`, `forbidden` or `upstream_failed` for any status but 2xx. `service` is named to the person. */
function demandSuccess(response: OutsideResponse, service: string): void {
  const { status } = response;
  if (status >= 200 && status < 300) return;
  if (status === 429) {
    const retryAfterSeconds = secondsToWait(response);
    throw new AppError('rate_limited', `${service} takes no more requests for now.`, {
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
  if (status === 401 || status === 403) {
    throw new AppError('forbidden', `${service} does not accept this system's access. An operator has to look at it.`);
  }
  throw new AppError('upstream_failed', `${service} answered with the status ${status}. Try again later.`);
}

/** Throws AppError `upstream_failed` when it is not JSON of this shape. */
export function readAnswer<Schema extends z.ZodType>(
  response: OutsideResponse,
  schema: Schema,
  service: string,
): z.output<Schema> {
  demandSuccess(response, service);
  const unreadable = new AppError('upstream_failed', `${service} answered with something unreadable.`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(response.body).toString('utf8'));
  } catch {
    throw unreadable;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw unreadable;
  return parsed.data;
}
