// What a doctor finds, one thing at a time: `sallyport doctor` for a person, `make doctor` for an operator.

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
