import type { Command } from 'commander';
import * as z from 'zod';
import { callApi } from '../client/api.ts';
import { listContacts } from '../client/contacts.ts';
import { agentEndpoint, type CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { inColumns } from '../words.ts';

// `sallyport contacts …`: names that the agent may turn into addresses. It invents none.

export function addContactCommands(program: Command, context: CliContext): void {
  const contacts = program.command('contacts').description('whom the agent knows by name');
  withExamples(
    contacts
      .command('list', { isDefault: true })
      .description('list contacts')
      .option('--json', 'print them as JSON')
      .action(async (options: { json?: true }, command: Command) => {
        const found = await listContacts(agentEndpoint(context, command));
        if (options.json === true) context.print(JSON.stringify(found, null, 2));
        else for (const line of inColumns(found.map(({ name, address }) => [name, address]))) context.print(line);
        if (found.length === 0) context.warn('There is no contact yet.');
      }),
    'contacts',
  );
  withExamples(
    contacts
      .command('set <name> <address>')
      .description('add a contact, or change its address')
      .action(async (name: string, address: string, _options: unknown, command: Command) => {
        const request = { method: 'PUT', path: '/contacts', body: { name, address } } as const;
        await callApi(agentEndpoint(context, command), request, z.looseObject({}));
        context.print(`${name} is ${address}`);
      }),
    'contacts set Ana ana@example.com',
  );
  withExamples(
    contacts
      .command('remove <name>')
      .description('forget a contact')
      .action(async (name: string, _options: unknown, command: Command) => {
        const request = { method: 'DELETE', path: `/contacts?name=${encodeURIComponent(name)}` } as const;
        await callApi(agentEndpoint(context, command), request, z.looseObject({}));
        context.print(`${name} is forgotten`);
      }),
    'contacts remove Ana',
  );
}
