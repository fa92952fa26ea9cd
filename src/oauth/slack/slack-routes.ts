import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../../kernel/app-error.ts';
import type { OAuthEnv } from '../web.ts';
import { createSlackDoor, type SlackDoorParts } from './slack-door.ts';

// Slack's three addresses. Each takes whatever Slack sends: an app that was set up with one address for all works as well.

const ADDRESSES = ['/slack/events', '/slack/commands', '/slack/interactions'] as const;

/** A click brings the message along that it was made in. */
const MAX_SLACK_BYTES = 256 * 1024;

export function addSlackRoutes(app: Hono<OAuthEnv>, parts: SlackDoorParts): void {
  const receive = createSlackDoor(parts);
  app.use(
    '/slack/*',
    bodyLimit({
      maxSize: MAX_SLACK_BYTES,
      onError: () => {
        throw new AppError('too_large', `A request here has at most ${MAX_SLACK_BYTES} bytes.`);
      },
    }),
  );
  for (const address of ADDRESSES) {
    app.post(address, async (context) => {
      const delivery = {
        timestamp: context.req.header('x-slack-request-timestamp'),
        signature: context.req.header('x-slack-signature'),
        body: new Uint8Array(await context.req.arrayBuffer()),
      };
      const reply = await receive(delivery, context.var.log);
      return reply === undefined ? context.body(null, 200) : context.json(reply);
    });
  }
}
