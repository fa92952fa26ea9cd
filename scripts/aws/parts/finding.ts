// What `make doctor` finds, one thing at a time.

export interface Finding {
  /** `mind`: works, and deserves a look. */
  readonly state: 'ok' | 'mind' | 'bad';
  readonly what: string;
  /** The command that mends it. */
  readonly mend?: string;
}

export const ok = (what: string): Finding => ({ state: 'ok', what });
export const mind = (what: string, mend: string): Finding => ({ state: 'mind', what, mend });
export const bad = (what: string, mend: string): Finding => ({ state: 'bad', what, mend });

/** Findings of one subject. A fault while looking is a finding too: the others are still told. */
export async function looked(
  subject: string,
  mend: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
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
