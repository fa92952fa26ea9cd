import type { Hono } from 'hono';
import * as z from 'zod';
import { isoTime } from '../kernel/iso-time.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { DEFAULT_OVERLAP_HOURS, MAX_OVERLAP_HOURS, renewToken } from '../trust/renew-token.ts';
import type { OAuthParts } from './parts.ts';
import { type OAuthContext, type OAuthEnv, parseInput, readJson } from './web.ts';

// A person makes a token of theirs anew: another secret, nothing else. How long it lasts, what it may and whose it is, an operator has said when they
// made it. Asked for with a token that may confirm, so that whoever has only stolen one that chats cannot go on with it.

const rotateInput = z.strictObject({
  overlap_hours: z.number().min(0).max(MAX_OVERLAP_HOURS).default(DEFAULT_OVERLAP_HOURS),
  again: z.boolean().default(false),
});

type TokenParts = OAuthParts & { readonly store: KeyValueStore };

async function rotate(parts: TokenParts, context: OAuthContext, id: string): Promise<Response> {
  const { person, by } = await parts.authentication.requireToken(context);
  const { overlap_hours: hours, again } = parseInput(rotateInput, await readJson(context));
  const { text, record } = await renewToken(parts, { id, person, again, overlapSeconds: Math.round(hours * 3600) });
  context.var.log.info('token.rotated', { person, by, token: record.id, until: record.previous?.until });
  const previous = record.previous === undefined ? {} : { previous_until: isoTime(record.previous.until) };
  context.header('cache-control', 'no-store');
  return context.json({ id: record.id, token: text, expires_at: isoTime(record.expires_at), ...previous });
}

export function addTokenRoutes(app: Hono<OAuthEnv>, parts: TokenParts): void {
  app.post('/tokens/:id/rotate', (context) => rotate(parts, context, context.req.param('id')));
}
