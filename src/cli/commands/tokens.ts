import type { Command } from 'commander';
import type { TokenRecord } from '../../trust/access-token.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { asOperator } from '../operator-session.ts';

// `sallyport token …`: tokens of ours, which prove a person to the APIs.

const day = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().slice(0, 10);

function describe(token: TokenRecord): string {
  const state = token.revoked_at === undefined ? `until ${day(token.expires_at)}` : `revoked ${day(token.revoked_at)}`;
  return `${token.id}  ${token.person}  ${token.audience}  ${token.scopes.join(' ')}  ${state}`;
}

export function addTokenCommands(program: Command, context: CliContext): void {
  const token = program.command('token').description('make, list and revoke tokens (operator)');
  withExamples(
    token
      .command('create')
      .description('make a token; its text is shown once')
      .requiredOption('--person <person>', 'whose it is (`sallyport person list`)')
      .requiredOption('--audience <audience>', 'agent, mcp or confirm')
      .requiredOption('--scope <scopes>', 'such as "calendar.read calendar.write", or confirm')
      .option('--days <days>', 'how long it lasts', '90')
      .action(async (options: { person: string; audience: string; scope: string; days: string }, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          const made = await operator.createToken({ ...options, days: Number(options.days) });
          context.warn(
            `Token ${made.record.id}, until ${day(made.record.expires_at)}. This is the only time it is shown:`,
          );
          context.print(made.text);
        });
      }),
    'token create --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --audience agent --scope "calendar.read calendar.write"',
  );
  withExamples(
    token
      .command('list')
      .description('list tokens, without their secrets')
      .option('--person <person>', 'only this person’s')
      .action(async (options: { person?: string }, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          for (const record of await operator.listTokens(options.person)) context.print(describe(record));
        });
      }),
    'token list',
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
