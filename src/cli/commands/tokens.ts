import type { Command } from 'commander';
import * as z from 'zod';
import { isoTime } from '../../kernel/iso-time.ts';
import type { TokenRecord } from '../../trust/access-token.ts';
import { DEFAULT_OVERLAP_HOURS } from '../../trust/renew-token.ts';
import { callApi } from '../client/api.ts';
import { type CliContext, oauthEndpoint } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { asOperator } from '../operator-session.ts';

// `sallyport token …`: tokens of ours, which prove a person to the APIs.

const day = (unixSeconds: number): string => isoTime(unixSeconds).slice(0, 10);
const minute = (unixSeconds: number): string => `${isoTime(unixSeconds).slice(0, 16)}Z`;

function describe(token: TokenRecord): string {
  const state = token.revoked_at === undefined ? `until ${day(token.expires_at)}` : `revoked ${day(token.revoked_at)}`;
  const rate = token.rate === undefined ? '' : `  ${token.rate}/min`;
  return `${token.id}  ${token.person}  ${token.audience}  ${token.scopes.join(' ')}  ${state}${rate}`;
}

/** As JSON: everything but the hashes of its secrets. */
function written({ v: _version, hash: _secret, previous, ...token }: TokenRecord): object {
  const { created_at, expires_at, revoked_at, rotated_at, ...rest } = token;
  return {
    ...rest,
    created_at: isoTime(created_at),
    expires_at: isoTime(expires_at),
    ...(revoked_at !== undefined && { revoked_at: isoTime(revoked_at) }),
    ...(rotated_at !== undefined && { rotated_at: isoTime(rotated_at) }),
    ...(previous !== undefined && { previous_until: isoTime(previous.until) }),
  };
}

interface CreateOptions {
  readonly person: string;
  readonly audience: string;
  readonly scope: string;
  readonly days: string;
  readonly rate?: string;
}

interface RotateOptions {
  readonly overlap: string;
  readonly days?: string;
  readonly again?: true;
  readonly mine?: true;
}

const rotated = z.object({
  id: z.string(),
  token: z.string(),
  expires_at: z.string(),
  previous_until: z.string().optional(),
});

function tellRotated(context: CliContext, text: string, ends: { readonly before?: string | undefined }): void {
  const { before } = ends;
  context.warn(before === undefined ? 'The secret of before is over.' : `The secret of before works until ${before}.`);
  context.warn('This is the only time the new one is shown:');
  context.print(text);
}

/** A person's own, at the OAuth API; how long it lasts is not theirs to say. */
async function rotateMine(context: CliContext, id: string, options: RotateOptions, command: Command): Promise<void> {
  if (options.days !== undefined) throw new UsageError('--days is an operator’s: leave it out with --mine.');
  const body = { overlap_hours: Number(options.overlap), again: options.again === true };
  const request = { method: 'POST', path: `/tokens/${encodeURIComponent(id)}/rotate`, body } as const;
  const made = await callApi(oauthEndpoint(context, command), request, rotated);
  tellRotated(context, made.token, { before: made.previous_until });
}

async function rotate(context: CliContext, id: string, options: RotateOptions, command: Command): Promise<void> {
  if (options.mine === true) return rotateMine(context, id, options, command);
  await asOperator(context, command, async ({ operator }) => {
    const { overlap, days, again } = options;
    const request = { overlapHours: Number(overlap), again, ...(days === undefined ? {} : { days: Number(days) }) };
    const { text, record } = await operator.rotateToken(id, request);
    const { previous } = record;
    tellRotated(context, text, { before: previous === undefined ? undefined : minute(previous.until) });
  });
}

export function addTokenCommands(program: Command, context: CliContext): void {
  const token = program.command('token').description('make, list, rotate and revoke tokens (operator)');
  withExamples(
    token
      .command('create')
      .description('make a token; its text is shown once')
      .requiredOption('--person <person>', 'whose it is (`sallyport person list`)')
      .requiredOption('--audience <audience>', 'agent, mcp or confirm')
      .requiredOption('--scope <scopes>', 'such as "calendar.read calendar.write", or confirm')
      .option('--days <days>', 'how long it lasts', '90')
      .option('--rate <requests>', 'requests a minute at the key door, in place of its own limit')
      .action(async ({ rate, ...options }: CreateOptions, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          const limit = rate === undefined ? {} : { rate: Number(rate) };
          const made = await operator.createToken({ ...options, days: Number(options.days), ...limit });
          context.warn(
            `Token ${made.record.id}, until ${day(made.record.expires_at)}. This is the only time it is shown:`,
          );
          context.print(made.text);
        });
      }),
    'token create --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --audience agent --scope "calendar.read calendar.write"',
    'token create --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --audience mcp --scope calendar.read --rate 30',
  );
  withExamples(
    token
      .command('list')
      .description('list tokens, without their secrets')
      .option('--person <person>', 'only this person’s')
      .option('--json', 'print them as JSON')
      .action(async (options: { person?: string; json?: true }, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          const tokens = await operator.listTokens(options.person);
          if (options.json === true) context.print(JSON.stringify(tokens.map(written), null, 2));
          else for (const record of tokens) context.print(describe(record));
        });
      }),
    'token list',
    'token list --json',
  );
  withExamples(
    token
      .command('rotate <id>')
      .description('give a token another secret; the one of before works on for a while')
      .option('--overlap <hours>', 'how long the secret of before works', String(DEFAULT_OVERLAP_HOURS))
      .option('--days <days>', 'how long the token lasts from now on; left out, as long as it was made for')
      .option('--again', 'even while the secret before the last rotation still works')
      .option('--mine', 'a token of your own, through the OAuth API instead of the store')
      .action((id: string, options: RotateOptions, command: Command) => rotate(context, id, options, command)),
    'token rotate 01KAJ5Q2W7N6M3V8R4T9Y0ZCBD',
    'token rotate 01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --mine --overlap 1',
  );
  withExamples(
    token
      .command('revoke <id>')
      .description('make a token useless, at once')
      .action(async (id: string, _options: unknown, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          context.print(describe(await operator.revokeToken(id)));
        });
      }),
    'token revoke 01KAJ5Q2W7N6M3V8R4T9Y0ZCBD',
  );
}
