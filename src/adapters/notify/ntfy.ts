import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Notification, NotificationPriority, Notifier } from '../../ports/notifier.ts';
import type { OutsideClient } from '../../ports/outside-client.ts';
import { readAnswer } from '../http/outside-answer.ts';
import type { PushTopics } from './push-topics.ts';

// ntfy: whoever knows a topic reads it, so topics are secrets, and a message goes to its own person's topic only. Published as JSON to the
// server's root, so that no topic stands in an address that somebody logs. https://docs.ntfy.sh/publish/#publish-as-json

export interface NtfyOptions {
  readonly http: OutsideClient;
  /** The server, without a trailing slash: https://ntfy.sh or one's own. */
  readonly url: string;
  readonly topics: PushTopics;
  /** An access token, where the server wants one. */
  readonly token?: Secret<string>;
}

const SERVICE = 'The push service';
const TIMEOUT_MS = 8000;
/** https://docs.ntfy.sh/publish/#message-priority */
const PRIORITY: Readonly<Record<NotificationPriority, number>> = { min: 1, low: 2, default: 3, high: 4, max: 5 };

const published = z.object({ id: z.string().min(1).max(100) });

export function createNtfy(options: NtfyOptions): Notifier {
  const { http, topics, token } = options;
  return {
    async send(person, notification: Notification, signal) {
      const topic = topics.of(person);
      if (topic === undefined) {
        throw new AppError('not_found', 'No push topic is set up for you. An operator adds one to NTFY_TOPIC.');
      }
      const { title, message, priority } = notification;
      const response = await http.send({
        method: 'POST',
        url: options.url,
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token.reveal()}` }),
        },
        body: JSON.stringify({
          topic: topic.reveal(),
          message,
          priority: PRIORITY[priority],
          ...(title !== undefined && { title }),
        }),
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      return readAnswer(response, published, SERVICE).id;
    },
  };
}
