import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { signSlackRequest } from '../../src/trust/slack-signature.ts';
import { installPeer } from './peers.ts';
import { freePort } from './redis-server.ts';

// Slack for tests: an emulator of its Web API that somebody else wrote, which holds us to the scopes of our manifest, behind a proxy that
// notes each call and can refuse one; and deliveries as Slack signs them.

export const SLACK_TEAM = 'T000000001';
/** The emulator's first user. */
export const SLACK_USER = 'U000000001';
export const SLACK_CHANNEL = 'C000000001';
export const SLACK_BOT_TOKEN = 'xoxb-test-token';
const BOT_USER = 'U0BOT00001';

export interface SlackCall {
  readonly method: string;
  /** The form's fields, JSON in them parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what was sent, whatever it is
  readonly fields: Readonly<Record<string, any>>;
  // biome-ignore lint/suspicious/noExplicitAny: and what was answered
  readonly answer: any;
  readonly authorization: string | undefined;
  readonly atMs: number;
}

export interface SlackRefusal {
  readonly method: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SlackPeer {
  /** For SLACK_API_URL. */
  readonly apiUrl: string;
  readonly calls: SlackCall[];
  callsOf(method: string): readonly SlackCall[];
  /** Resolves with the first call, old or new, that `wanted` takes. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  waitFor(wanted: (call: SlackCall) => any, what?: string): Promise<SlackCall>;
  /** The next call of that method is answered so, and does not reach the emulator. */
  refuseNext(refusal: SlackRefusal): void;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('../peers/slack/', import.meta.url));
const LONGEST_WAIT_MS = 20_000;
/** Two more people of the workspace. */
export const OTHER_NAMES = ['olga', 'sam'] as const;

/** What the app is given when it is installed from our manifest. */
export function manifestScopes(): readonly string[] {
  const text = readFileSync(new URL('../../slack/manifest.yaml', import.meta.url), 'utf8');
  const bot = /\n {4}bot:\n((?: {6}.*\n)+)/.exec(text)?.[1] ?? '';
  return [...bot.matchAll(/^ {6}- (\S+)$/gm)].map(([, scope]) => scope ?? '');
}

async function startEmulator(scopes: readonly string[]): Promise<{ url: string; child: ChildProcess; home: string }> {
  await installPeer('emulate', 'slack');
  const home = mkdtempSync(join(tmpdir(), 'sallyport-slack-'));
  const seed = {
    slack: {
      strict_scopes: true,
      users: OTHER_NAMES.map((name) => ({ name })),
      tokens: [{ token: SLACK_BOT_TOKEN, type: 'bot', user_id: BOT_USER, bot_user_id: BOT_USER, scopes }],
    },
  };
  writeFileSync(join(home, 'seed.json'), JSON.stringify(seed));
  const port = await freePort();
  const program = join(folder, 'node_modules/emulate/dist/index.js');
  const args = ['start', '--service', 'slack', '--port', String(port), '--seed', join(home, 'seed.json')];
  const child = spawn(process.execPath, [program, ...args], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`${url}/api/auth.test`, { method: 'POST' }).catch(() => undefined);
    if (answer !== undefined) return { url, child, home };
    await sleep(50);
  }
  throw new Error('the emulator of Slack did not start');
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function readFields(body: Buffer): SlackCall['fields'] {
  const fields = [...new URLSearchParams(body.toString('utf8'))].map(([name, value]) => {
    return [name, /^[[{]/.test(value) ? JSON.parse(value) : value];
  });
  return Object.fromEntries(fields);
}

export async function startSlack(scopes: readonly string[] = manifestScopes()): Promise<SlackPeer> {
  const emulator = await startEmulator(scopes);
  const calls: SlackCall[] = [];
  const refusals: SlackRefusal[] = [];
  const listeners = new Set<() => void>();

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    const method = (request.url ?? '').replace('/api/', '');
    const { authorization } = request.headers;
    const at = refusals.findIndex((refusal) => refusal.method === method);
    const [refusal] = at === -1 ? [] : refusals.splice(at, 1);
    const answered =
      refusal === undefined
        ? await fetch(`${emulator.url}${request.url}`, {
            method: 'POST',
            headers: { authorization: authorization ?? '', 'content-type': request.headers['content-type'] ?? '' },
            body: new Uint8Array(body),
          })
        : new Response(JSON.stringify(refusal.body ?? { ok: false }), refusal);
    const text = await answered.text();
    response.writeHead(answered.status, Object.fromEntries(answered.headers.entries()));
    response.end(text);
    const answer = text === '' ? undefined : JSON.parse(text);
    calls.push({ method, fields: readFields(body), answer, authorization, atMs: Date.now() });
    for (const listener of listeners) listener();
  }

  const server = createServer((request, response) => {
    pass(request, response).catch((error: unknown) => response.writeHead(502).end(String(error)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    calls,
    callsOf: (method) => calls.filter((call) => call.method === method),
    async waitFor(wanted, what = 'a call') {
      const found = calls.find(wanted);
      if (found !== undefined) return found;
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const call = calls.find(wanted);
          if (call === undefined) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(call);
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          const seen = calls.map(({ method, fields }) => `${method} ${JSON.stringify(fields)}`).join('\n');
          reject(new Error(`Slack saw no ${what}. It saw:\n${seen}`));
        }, LONGEST_WAIT_MS);
        listeners.add(look);
      });
    },
    refuseNext: (refusal) => void refusals.push(refusal),
    async close() {
      server.closeAllConnections();
      server.close();
      if (emulator.child.exitCode === null) {
        emulator.child.kill();
        await once(emulator.child, 'exit');
      }
      rmSync(emulator.home, { recursive: true, force: true });
    },
  };
}

export interface Delivery {
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** As Slack sends it: signed now, unless a test says otherwise. */
export function deliver(
  secret: string,
  body: string,
  { type, atMs = Date.now() }: { readonly type: 'json' | 'form'; readonly atMs?: number },
): Delivery {
  const timestamp = Math.floor(atMs / 1000);
  const bytes = Buffer.from(body);
  return {
    body,
    headers: {
      'content-type': type === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signSlackRequest(secret, timestamp, bytes),
    },
  };
}

let eventCount = 0;

/** An event's envelope, as the Events API documents it. */
export function eventBody(
  event: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>> = {},
): string {
  eventCount += 1;
  return JSON.stringify({
    token: 'deprecated',
    team_id: SLACK_TEAM,
    api_app_id: 'A000000001',
    event,
    type: 'event_callback',
    event_id: `Ev${String(eventCount).padStart(8, '0')}${process.pid}`,
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [{ enterprise_id: null, team_id: SLACK_TEAM, user_id: BOT_USER, is_bot: true }],
    is_ext_shared_channel: false,
    ...over,
  });
}

let messageCount = 0;
/** A message's time, which is its name: never twice. */
export function messageTs(): string {
  messageCount += 1;
  return `${Math.floor(Date.now() / 1000)}.${String(messageCount).padStart(6, '0')}`;
}

export function directMessage(text: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const ts = messageTs();
  return {
    type: 'message',
    channel: 'D000000001',
    channel_type: 'im',
    user: SLACK_USER,
    text,
    ts,
    event_ts: ts,
    ...over,
  };
}

export function mention(text: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const ts = messageTs();
  const spoken = `<@${BOT_USER}> ${text}`;
  return { type: 'app_mention', channel: SLACK_CHANNEL, user: SLACK_USER, text: spoken, ts, event_ts: ts, ...over };
}

export function commandBody(text: string, over: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({
    token: 'deprecated',
    team_id: SLACK_TEAM,
    team_domain: 'emulate',
    channel_id: SLACK_CHANNEL,
    channel_name: 'general',
    user_id: SLACK_USER,
    user_name: 'admin',
    command: '/sallyport',
    text,
    api_app_id: 'A000000001',
    is_enterprise_install: 'false',
    response_url: 'https://hooks.slack.com/commands/T000000001/1/x',
    trigger_id: `1.1.${messageTs()}`,
    ...over,
  }).toString();
}

interface SentButton {
  readonly action_id?: string;
  readonly value?: string;
  readonly url?: string;
}

export function buttonOf(posted: SlackCall, actionId: string): SentButton | undefined {
  const blocks = posted.fields['blocks'] as readonly { elements?: readonly SentButton[] }[];
  return blocks.flatMap((block) => block.elements ?? []).find((element) => element.action_id === actionId);
}

/** The channel of the app's direct messages with a user, as the app itself opens it. */
export async function openDirect(peer: SlackPeer, user: string): Promise<string> {
  const response = await fetch(`${peer.apiUrl}conversations.open`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SLACK_BOT_TOKEN}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: `users=${user}`,
  });
  return ((await response.json()) as { channel: { id: string } }).channel.id;
}

/** The id that the emulator has given to one of `OTHER_NAMES`. */
export async function slackUserId(peer: SlackPeer, name: (typeof OTHER_NAMES)[number]): Promise<string> {
  const headers = { authorization: `Bearer ${SLACK_BOT_TOKEN}` };
  const response = await fetch(`${peer.apiUrl}users.list`, { method: 'POST', headers });
  const { members } = (await response.json()) as { members: { id: string; name: string }[] };
  return members.find((member) => member.name === name)?.id ?? '';
}

/** A click on a button of a message that we posted, with the message as Slack has it. */
export function clickBody(posted: SlackCall, actionId: string, over: Readonly<Record<string, unknown>> = {}): string {
  const { blocks, text } = posted.fields;
  const button = buttonOf(posted, actionId);
  if (button === undefined) throw new Error(`the message has no button ${actionId}`);
  const channel = posted.answer.channel as string;
  const ts = posted.answer.ts as string;
  const payload = {
    type: 'block_actions',
    user: { id: SLACK_USER, username: 'admin', name: 'admin', team_id: SLACK_TEAM },
    api_app_id: 'A000000001',
    token: 'deprecated',
    container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
    trigger_id: `2.2.${messageTs()}`,
    team: { id: SLACK_TEAM, domain: 'emulate' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel, name: 'directmessage' },
    message: { type: 'message', bot_id: 'B000000001', text, ts, blocks },
    response_url: 'https://hooks.slack.com/actions/T000000001/1/x',
    actions: [{ ...button, type: 'button', block_id: 'sallyport.answer', action_ts: messageTs() }],
    ...over,
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}
