import { bad, type Finding, mind, ok } from '../../../src/cli/finding.ts';
import { Stop } from './stop.ts';

// How `make doctor` looks, and how it says what it finds.

export { bad, type Finding, mind, ok };

/** Findings of one subject. A fault while looking is a finding too: the others are still told. */
export async function looked(
  subject: string,
  mend: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Stop) return [bad(error.message.replace(/\.$/, ''), error.next ?? mend)];
    const why = error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown fault';
    return [bad(`${subject} cannot be looked at (${why})`, mend)];
  }
}

const SIGNS = { ok: 'ok  ', mind: 'mind', bad: 'BAD ' } as const;

export function describeFinding({ state, what, mend }: Finding): string {
  return `${SIGNS[state]} ${what}${mend === undefined ? '' : `\n       → ${mend}`}`;
}

const DAY_MS = 24 * 3600 * 1000;

export const wholeDays = (ms: number): number => Math.floor(ms / DAY_MS);

/** What is to be said of something that ends. */
export function expiry(
  what: string,
  { endMs, soonDays, mend }: { readonly endMs: number; readonly soonDays: number; readonly mend: string },
): Finding {
  const left = wholeDays(endMs - Date.now());
  if (endMs <= Date.now()) return bad(`${what} has expired (${new Date(endMs).toISOString().slice(0, 10)})`, mend);
  return left < soonDays ? mind(`${what} ends in ${left} days`, mend) : ok(`${what} lasts ${left} more days`);
}
