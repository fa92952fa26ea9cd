import type { Command } from 'commander';
import * as z from 'zod';
import { describeApproval } from '../approval-prompt.ts';
import { callApi } from '../client/api.ts';
import { approvalShape } from '../client/chat.ts';
import { type CliContext, oauthEndpoint } from '../context.ts';
import { withExamples } from '../examples.ts';
import { oneLine } from '../visible.ts';
import { inColumns } from '../words.ts';

// `sallyport approvals`, `approve`, `refuse`: the person's answer to what an agent wants to write.

const question = z.looseObject({ ...approvalShape, agent: z.string() });
const questions = z.object({ approvals: z.array(question) });

async function list(context: CliContext, options: { readonly json?: true }, command: Command): Promise<void> {
  const { approvals } = await callApi(
    oauthEndpoint(context, command),
    { method: 'GET', path: '/approvals' },
    questions,
  );
  if (options.json === true) {
    context.print(JSON.stringify(approvals, null, 2));
    return;
  }
  const rows = approvals.map(({ id, agent, summary, expires_at }) => [id, agent, summary, `until ${expires_at}`]);
  for (const line of inColumns(rows)) context.print(line);
  if (approvals.length === 0) context.warn('Nothing waits for your yes.');
}

export function addApprovalCommands(program: Command, context: CliContext): void {
  const approvals = program.command('approvals').description('what waits for your yes');
  withExamples(
    approvals
      .command('list', { isDefault: true })
      .description('list what waits for your yes')
      .option('--json', 'print the questions as JSON')
      .action((options: { json?: true }, command: Command) => list(context, options, command)),
    'approvals',
    'approvals list --json',
  );
  withExamples(
    approvals
      .command('show <id>')
      .description('what exactly would be done')
      .action(async (id: string, _options: unknown, command: Command) => {
        const request = { method: 'GET', path: `/approvals/${encodeURIComponent(id)}` } as const;
        const asked = await callApi(oauthEndpoint(context, command), request, question);
        for (const line of describeApproval(asked, context.outStyle)) context.say(line);
      }),
    'approvals show a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX',
  );
  for (const [name, decision] of [
    ['approve', 'yes'],
    ['refuse', 'no'],
  ] as const) {
    withExamples(
      program
        .command(`${name} <id>`)
        .description(`answer ${decision} to what an agent wants to write`)
        .action(async (id: string, _options: unknown, command: Command) => {
          const path = `/approvals/${encodeURIComponent(id)}`;
          const request = { method: 'POST', path, body: { decision }, repeatable: true } as const;
          const answered = await callApi(oauthEndpoint(context, command), request, question);
          context.print(`${decision}: ${oneLine(answered.summary)}`);
        }),
      `${name} a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX`,
    );
  }
}
