import type { Hono } from 'hono';
import * as z from 'zod';
import { isoTime } from '../kernel/iso-time.ts';
import type { Question } from './approvals.ts';
import { approvalPage, approvalsPage } from './pages/approval-page.ts';
import { frameOf, type OAuthParts, sendPage } from './parts.ts';
import { type OAuthContext, type OAuthEnv, parseInput, wantsPage } from './web.ts';

// Questions of agents, for their person's eyes and answer only. Another person's question does not exist here.

const answerInput = z.strictObject({ decision: z.enum(['yes', 'no']), instance: z.string().optional() });

function questionJson(parts: OAuthParts, { record, status }: Question) {
  return {
    id: record.id,
    instance: record.instance,
    url: `${parts.config.publicUrl}/approvals/${record.id}`,
    status,
    agent: record.agent,
    tool: record.tool,
    summary: record.summary,
    ...(record.effect !== undefined && { effect: record.effect }),
    ...(record.undo !== undefined && { undo: record.undo }),
    arguments: JSON.parse(record.arguments) as unknown,
    created_at: isoTime(record.created_at),
    expires_at: isoTime(record.expires_at),
  };
}

async function answer(parts: OAuthParts, context: OAuthContext, id: string): Promise<Response> {
  const { confirmed, input } = await parts.authentication.requireInput(context);
  const { decision, instance } = parseInput(answerInput, input);
  const { person, by } = confirmed;
  const question = await parts.approvals.decide({
    person,
    id,
    instance,
    decision,
    by,
    viaClient: confirmed.via === 'token',
  });
  const { agent, tool } = question.record;
  context.var.log.info('approval.decided', { person, agent, tool, decision, by });
  if (confirmed.via === 'token') return context.json(questionJson(parts, question));
  return sendPage(context, approvalPage(frameOf(parts, context, confirmed.name), question));
}

export function addApprovalRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.get('/approvals', async (context) => {
    const confirmed = await parts.authentication.require(context);
    const questions = await parts.approvals.pending(confirmed.person);
    if (!wantsPage(context)) {
      return context.json({ approvals: questions.map((question) => questionJson(parts, question)) });
    }
    return sendPage(context, approvalsPage(frameOf(parts, context, confirmed.name), questions));
  });
  app.get('/approvals/:id', async (context) => {
    const confirmed = await parts.authentication.require(context);
    const question = await parts.approvals.read(confirmed.person, context.req.param('id'));
    if (!wantsPage(context)) return context.json(questionJson(parts, question));
    return sendPage(context, approvalPage(frameOf(parts, context, confirmed.name), question));
  });
  app.post('/approvals/:id', (context) => answer(parts, context, context.req.param('id')));
}
