import type { SendUpdates } from '../../../ports/calendar.ts';
import { optionalChoice, optionalText } from '../arguments.ts';
import type { JsonObject } from '../tool.ts';

// Arguments that several calendar tools read in the same way.

export const readCalendar = (args: JsonObject): string => optionalText(args, 'calendar') ?? 'primary';

export const SEND_UPDATES = ['all', 'externalOnly', 'none'] as const satisfies readonly SendUpdates[];

/** Said, or by the rule that the descriptions state: guests are told where there are any. */
export function readSendUpdates(args: JsonObject, hasGuests: boolean): SendUpdates {
  return optionalChoice(args, 'sendUpdates', SEND_UPDATES) ?? (hasGuests ? 'all' : 'none');
}
