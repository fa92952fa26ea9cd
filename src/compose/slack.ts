import type { Config } from '../config/load.ts';
import type { Log } from '../ports/log.ts';
import type { Slack } from '../ports/slack.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';

// The worker's way to Slack: with a bot token Slack's own client, loaded at the first call; without one nothing leaves.

/** Ends in `/`, as Slack's client wants it. An origin alone is taken as Slack's own layout. */
export function slackApiUrl(text: string): string {
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = '/api/';
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

export async function composeSlack(config: Config<'worker'>, platform: Platform, log: Log): Promise<Slack> {
  const { settings, secrets } = config;
  if (!secrets.has('SLACK_BOT_TOKEN')) {
    const { createNoSlack } = await import('../adapters/slack/no-slack.ts');
    return createNoSlack(log);
  }
  const { clock, random } = platform;
  const apiUrl = slackApiUrl(settings.SLACK_API_URL);
  const { createSlackClient } = await import('../adapters/slack/slack-client.ts');
  return createSlackClient({
    token: await secrets.read('SLACK_BOT_TOKEN'),
    apiUrl,
    // The operator has named this host: one that stands in for Slack may be private.
    http: composeOutsideClient({ clock, random, log, allow: { hosts: [new URL(apiUrl).host] } }),
    clock,
    log,
  });
}
