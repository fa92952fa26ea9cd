import type { Command } from 'commander';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { isoTime } from '../../kernel/iso-time.ts';
import type { Operator } from '../../operator/operator.ts';
import type { PersonRecord } from '../../trust/person.ts';
import { callApi } from '../client/api.ts';
import { ApiRefusal } from '../client/api-refusal.ts';
import { type CliContext, oauthUrl } from '../context.ts';
import { withExamples } from '../examples.ts';
import { asOperator } from '../operator-session.ts';
import { oneLine } from '../visible.ts';

// `sallyport person …`: who exists. Persons are opaque ids; names are for the people who read the list.

const REMOVE_THERE =
  'Access that Google itself still lists ends when the person removes it at https://myaccount.google.com/connections.';
const MINUTES_5 = 5 / (24 * 60);

const disconnected = z.object({ message: z.string() });

/**
 * Ends the connection at Google while its token is still there. Only the OAuth API can open the vault, so it is asked in the person's name, with
 * a token that goes with the person. Answers what became of it: without an OAuth API the person is removed all the same.
 */
async function disconnectGoogle(operator: Operator, url: string | undefined, person: string): Promise<string> {
  const token = await operator.createToken({ person, audience: 'confirm', scope: 'confirm', days: MINUTES_5 });
  if (url === undefined) return REMOVE_THERE;
  try {
    const request = { method: 'DELETE', path: '/connections/google' } as const;
    return (await callApi({ url, token: token.text }, request, disconnected)).message;
  } catch (error) {
    if (error instanceof ApiRefusal && error.code === 'not_found') return 'No Google account was connected.';
    if (error instanceof ApiRefusal || error instanceof AppError) return REMOVE_THERE;
    throw error;
  }
}

/** As JSON: what is kept but for its version, with times as everywhere. */
const written = ({ person, name, created_at }: PersonRecord) => ({
  person,
  name,
  created_at: isoTime(created_at),
});

export function addPersonCommands(program: Command, context: CliContext): void {
  const person = program.command('person').description('add, list and identify persons (operator)');
  withExamples(
    person
      .command('add <name>')
      .description('add a person; prints the id')
      .action(async (name: string, _options: unknown, command: Command) => {
        await asOperator(context, command, async ({ operator }) =>
          context.print((await operator.addPerson(name)).person),
        );
      }),
    'person add "Ana Berg"',
  );
  withExamples(
    person
      .command('list')
      .description('list persons')
      .option('--json', 'print them as JSON')
      .action(async (options: { json?: true }, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          const persons = await operator.listPersons();
          if (options.json === true) context.print(JSON.stringify(persons.map(written), null, 2));
          else for (const record of persons) context.print(`${record.person}  ${oneLine(record.name)}`);
        });
      }),
    'person list',
    'person list --json',
  );
  withExamples(
    person
      .command('identify <person> <identity>')
      .description('let an identity prove a person, such as oidc:google:<sub>')
      .option('--move', 'even if it proves somebody else now')
      .action(async (id: string, identity: string, options: { move?: true }, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          await operator.mapIdentity(identity, id, { move: options.move === true });
          context.print(`${identity} is ${id}`);
        });
      }),
    'person identify p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD oidc:google:1234567890',
  );
  withExamples(
    person
      .command('remove <person>')
      .description('take back everything of a person: tokens, grants, connections, conversations')
      .option('--yes', 'do it without asking')
      .action(async (id: string, options: { yes?: true }, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          if (options.yes !== true) {
            context.print(`Everything of ${id} would be removed for good. Say it again with --yes to do it.`);
            return;
          }
          const atGoogle = await disconnectGoogle(operator, oauthUrl(context, command), id);
          const removed = await operator.removePerson(id);
          context.print(`${id} is removed, with ${removed} records.`);
          context.warn(atGoogle);
        });
      }),
    'person remove p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --yes',
  );
}
