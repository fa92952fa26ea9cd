import type { Log } from '../../ports/log.ts';
import type { Slack } from '../../ports/slack.ts';

// Where no bot token is set: nothing leaves, and the log says what would have left, without a word of it. What was asked in Slack is
// still worked on, and its answer can be read in the conversation.

export function createNoSlack(log: Log): Slack {
  let count = 0;
  const say = (method: string): void => log.warn('slack.not_sent', { method, reason: 'SLACK_BOT_TOKEN is not set' });
  return {
    async post({ channel }) {
      say('chat.postMessage');
      count += 1;
      return { channel, ts: `0.${count}` };
    },
    async update() {
      say('chat.update');
      return true;
    },
    async whisper() {
      say('chat.postEphemeral');
      return true;
    },
    async openDirect() {
      say('conversations.open');
      return 'D0';
    },
    async publishHome() {
      say('views.publish');
    },
    async timeZoneOf() {
      return undefined;
    },
  };
}
