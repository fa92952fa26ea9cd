import { type NotificationPriority, type Notifier, notificationPriorities } from '../../../ports/notifier.ts';
import { answering } from '../answering.ts';
import { optionalChoice, optionalText, text } from '../arguments.ts';
import { quoted } from '../plain-line.ts';
import type { JsonObject, Tool, ToolDeclaration } from '../tool.ts';

// A push message to the person's own devices, never to anybody else's: where it goes is configuration, not an argument.

const MAX_TITLE = 250;
/** A message of more than 4,096 bytes becomes an attachment at ntfy; a character is at most four. */
const MAX_MESSAGE = 1000;

export const sendPushNotificationDeclaration: ToolDeclaration = {
  name: 'send_push_notification',
  title: 'Send a push notification',
  description: 'A push message to the person’s own devices.',
  inputSchema: {
    type: 'object',
    properties: {
      message: { type: 'string', minLength: 1, maxLength: MAX_MESSAGE },
      title: { type: 'string', minLength: 1, maxLength: MAX_TITLE },
      priority: { type: 'string', enum: [...notificationPriorities], description: 'Default default.' },
    },
    required: ['message'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: { id: { type: 'string' } },
    required: ['id'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  scopes: ['notify.write'],
  toolset: 'notify',
};

const priorityOf = (args: JsonObject): NotificationPriority =>
  optionalChoice(args, 'priority', notificationPriorities) ?? 'default';

function summarize(args: JsonObject): string {
  const title = optionalText(args, 'title');
  const priority = priorityOf(args);
  const named = title === undefined ? '' : ` titled ${quoted(title)}`;
  const urgent = priority === 'default' ? '' : ` with ${priority} priority`;
  return `Send you a push message${named}${urgent}: ${quoted(text(args, 'message'))}`;
}

export function createSendPushNotification(deps: { readonly notifier: Notifier }): Tool {
  return {
    declaration: sendPushNotificationDeclaration,
    summarize,
    run: answering(async (args, { person, signal }) => {
      const title = optionalText(args, 'title');
      const notification = { message: text(args, 'message'), priority: priorityOf(args) };
      const id = await deps.notifier.send(
        person,
        title === undefined ? notification : { ...notification, title },
        signal,
      );
      return { structuredContent: { id }, text: 'The push message was sent.' };
    }),
  };
}
