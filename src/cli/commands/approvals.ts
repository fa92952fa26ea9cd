import type { Command } from 'commander';
import * as z from 'zod';
import { callApi } from '../client/api.ts';
import { type CliContext, oauthEndpoint } from '../context.ts';
import { oneLine } from '../visible.ts';

// `sallyport approvals`, `approve`, `refuse`: the person's answer to what an agent wants to write.

const question = z.looseObject({ id: z.string(), summary: z.string(), agent: z.string(), expires_at: z.string() });
const questions = z.object({ approvals: z.array(question) });

export function addApprovalCommands(program: Command, context: CliContext): void {
  program
    .command('approvals')
    .description('what waits for your yes')
    .action(async (_options: unknown, command: Command) => {
      const request = { method: 'GET', path: '/approvals' } as const;
      const found = await callApi(oauthEndpoint(context, command), request, questions);
      for (const item of found.approvals)
        context.print(`${item.id}  ${item.agent}  ${oneLine(item.summary)}  until ${item.expires_at}`);
      if (found.approvals.length === 0) context.warn('Nothing waits for your yes.');
    });
  for (const [name, decision] of [
    ['approve', 'yes'],
    ['refuse', 'no'],
  ] as const) {
    program
      .command(`${name} <id>`)
      .description(`answer ${decision} to what an agent wants to write`)
      .action(async (id: string, _options: unknown, command: Command) => {
        const request = { method: 'POST', path: `/approvals/${encodeURIComponent(id)}`, body: { decision } } as const;
        const answered = await callApi(oauthEndpoint(context, command), request, question);
        context.print(`${decision}: ${oneLine(answered.summary)}`);
      });
  }
}
