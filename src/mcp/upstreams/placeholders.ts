import { AppError } from '../../kernel/app-error.ts';

// `${NAME}` in a server's entry, as other clients of `mcpServers` have it. What a name stands for is the caller's to say; one that stands for nothing
// is refused, never passed on as it is.

const PLACEHOLDER = /\$\{([^}]*)\}/g;

/** Answers nothing for a name that stands for nothing. */
export type Lookup = (name: string) => Promise<string | undefined>;

/** Rejects with AppError `misconfigured` for a name that stands for nothing. */
export async function fillPlaceholders(text: string, lookup: Lookup): Promise<string> {
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [whole, name = ''] = match;
    const value = await lookup(name);
    if (value === undefined) {
      throw new AppError(
        'misconfigured',
        `\${${name}} is not set, or not listed in "sallyport": {"env": [...]} of its entry.`,
      );
    }
    parts.push(text.slice(end, match.index), value);
    end = match.index + whole.length;
  }
  return parts.join('') + text.slice(end);
}

/** A variable: `NAME`, and as some clients have it, `env:NAME` and `NAME:-what else`, which stands for one that is not set or empty. */
export function lookUpVariable(
  name: string,
  allowed: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const [, variable = '', otherwise] = /^(?:env:)?([^:]*)(?::-(.*))?$/s.exec(name) ?? [];
  if (!allowed.includes(variable)) return undefined;
  const value = environment[variable];
  return value === undefined || value === '' ? (otherwise ?? value) : value;
}
