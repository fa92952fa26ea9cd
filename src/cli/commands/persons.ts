import type { Command } from 'commander';
import { asOperator, type CliContext } from '../context.ts';

// `sallyport person …`: who exists. Persons are opaque ids; names are for the people who read the list.

export function addPersonCommands(program: Command, context: CliContext): void {
  const person = program.command('person').description('add, list and identify persons (operator)');
  person
    .command('add <name>')
    .description('add a person; prints the id')
    .action(async (name: string, _options: unknown, command: Command) => {
      await asOperator(context, command, async ({ operator }) =>
        context.print((await operator.addPerson(name)).person),
      );
    });
  person
    .command('list')
    .description('list persons')
    .action(async (_options: unknown, command: Command) => {
      await asOperator(context, command, async ({ operator }) => {
        for (const record of await operator.listPersons()) context.print(`${record.person}  ${record.name}`);
      });
    });
  person
    .command('identify <person> <identity>')
    .description('let an identity prove a person, such as oidc:google:<sub>')
    .option('--move', 'even if it proves somebody else now')
    .action(async (id: string, identity: string, options: { move?: true }, command: Command) => {
      await asOperator(context, command, async ({ operator }) => {
        await operator.mapIdentity(identity, id, { move: options.move === true });
        context.print(`${identity} is ${id}`);
      });
    });
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
        const removed = await operator.removePerson(id);
        context.print(`${id} is removed, with ${removed} records.`);
        context.warn(
          'Access that Google itself still lists ends when the person removes it at https://myaccount.google.com/connections.',
        );
      });
    });
}
