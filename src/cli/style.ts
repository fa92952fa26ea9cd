// A little weight on words for a terminal, and none for a pipe, a file, or whoever asked for none (https://no-color.org).

export interface Style {
  readonly strong: (text: string) => string;
  readonly soft: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const weigh =
  (on: boolean, code: number, end: number) =>
  (text: string): string =>
    on ? `\u001b[${code}m${text}\u001b[${end}m` : text;

export interface StyleChoice {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** `--no-color` */
  readonly plain?: boolean;
}

/** Text that is styled must be safe for a terminal already. */
export function createStyle({ environment, isTerminal, plain = false }: StyleChoice): Style {
  const refused = plain || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  const on = isTerminal && !refused;
  return { strong: weigh(on, 1, 22), soft: weigh(on, 2, 22), good: weigh(on, 32, 39), bad: weigh(on, 31, 39) };
}
