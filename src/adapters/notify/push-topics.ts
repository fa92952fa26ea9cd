import { AppError } from '../../kernel/app-error.ts';
import { createSecret, type Secret } from '../../kernel/secret.ts';

// Whose messages go where. One topic serves a system with one person; with more, each has their own, and whoever is not named has none:
// a message for one person must never ring on another one's phone.

export interface PushTopics {
  of(person: string): Secret<string> | undefined;
}

/** https://docs.ntfy.sh/publish/#limitations: 64 characters. */
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;
const PAIR = /^(p_[0-7][0-9A-HJKMNP-TV-Z]{25})=([-_A-Za-z0-9]{1,64})$/;

/** `topic`, or `p_…=topic` for each person, separated by commas. Throws AppError `misconfigured`, without quoting it. */
export function parsePushTopics(text: Secret<string>): PushTopics {
  const parts = text
    .reveal()
    .split(',')
    .map((part) => part.trim());
  const [first = ''] = parts;
  if (parts.length === 1 && TOPIC.test(first)) {
    const topic = createSecret(first);
    return { of: () => topic };
  }
  const pairs = parts.map((part) => PAIR.exec(part));
  const topics = new Map<string, Secret<string>>();
  for (const pair of pairs) {
    if (pair?.[1] === undefined || pair[2] === undefined || topics.has(pair[1])) {
      throw new AppError(
        'misconfigured',
        'NTFY_TOPIC is one topic (letters, digits, - and _, at most 64), or <person>=<topic> for each person, separated by commas.',
      );
    }
    topics.set(pair[1], createSecret(pair[2]));
  }
  return { of: (person) => topics.get(person) };
}
