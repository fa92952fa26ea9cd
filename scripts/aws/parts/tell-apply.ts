import * as z from 'zod';

// What `terraform apply -json` tells, line by line, as a person wants to read it: what is done, what takes long, what went wrong. Outputs and
// what was read are left out.

const line = z.object({
  type: z.string(),
  '@message': z.string().default(''),
  diagnostic: z
    .object({
      severity: z.string(),
      summary: z.string(),
      detail: z.string().default(''),
      address: z.string().optional(),
    })
    .optional(),
  hook: z.object({ elapsed_seconds: z.number().optional() }).optional(),
});

/** Terraform tells of a wait every ten seconds; this is said once a minute. */
const PATIENCE_SECONDS = 60;

/** What an interruption does to everything that waits: said once, by whoever was interrupted. */
const FOLLOWS = /^execution halted$|context canceled$/;

function wordsOf(text: string): string | undefined {
  const parsed = line.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const { type, '@message': message, diagnostic, hook } = parsed.data;
  if (type === 'apply_complete') return `  ${message}`;
  if (type === 'apply_errored' || type === 'change_summary') return message;
  if (type === 'apply_progress' && (hook?.elapsed_seconds ?? 0) % PATIENCE_SECONDS === 0) return `  ${message}`;
  if (type !== 'diagnostic' || diagnostic?.severity !== 'error') return undefined;
  if (FOLLOWS.test(diagnostic.summary)) return undefined;
  const where = diagnostic.address === undefined ? '' : ` (${diagnostic.address})`;
  return `ERROR ${diagnostic.summary}${where}\n${diagnostic.detail}`.trimEnd();
}

/** Takes lines as they come; what is no JSON is said as it is. */
export function tellApply(say: (text: string) => void): (text: string) => void {
  return (text) => {
    if (!text.startsWith('{')) {
      if (text.trim() !== '') say(text);
      return;
    }
    const words = wordsOf(text);
    if (words !== undefined) say(words);
  };
}
