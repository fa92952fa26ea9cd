import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import {
  buttonOf,
  clickBody,
  commandBody,
  deliver,
  directMessage,
  eventBody,
  mention,
  messageTs,
  openDirect,
  SLACK_BOT_TOKEN,
  SLACK_CHANNEL,
  SLACK_TEAM,
  SLACK_USER,
  type SlackCall,
  type SlackPeer,
  slackUserId,
  startSlack,
} from '../support/slack.ts';

// Slack from end to end: what it would send, signed as it signs, to the door of the whole system on one machine; what comes back is
// received by an emulator of its Web API that holds us to the scopes of our manifest.

let slack: SlackPeer;
let world: TestMachine;
let direct: string;
let otherUser: string;
let stranger: string;

beforeAll(async () => {
  slack = await startSlack();
  world = await startTestMachine({ given: { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN } });
  await world.connect();
  direct = await openDirect(slack, SLACK_USER);
  otherUser = await slackUserId(slack, 'olga');
  stranger = await slackUserId(slack, 'sam');
  const { person } = await world.operator.addPerson('Olga');
  await world.operator.mapIdentity(`slack:${SLACK_TEAM}:${otherUser}`, person);
}, 120_000);

afterAll(async () => {
  await world?.close();
  await slack?.close();
});

interface Sending {
  readonly type?: 'json' | 'form';
  readonly path?: string;
  readonly ageMs?: number;
  readonly secret?: string;
}

async function send(body: string, { type = 'json', path = '/slack/events', ageMs = 0, secret }: Sending = {}) {
  const access = world.machine.access.slack;
  if (access === undefined) throw new Error('this machine has no Slack');
  const delivery = deliver(secret ?? access.signing_secret, body, { type, atMs: Date.now() - ageMs });
  return fetch(new URL(path, access.url), { method: 'POST', ...delivery });
}

const sendEvent = (event: Record<string, unknown>, over = {}) => send(eventBody(event, over));
const say = (text: string, over = {}) => sendEvent(directMessage(text, { channel: direct, ...over }));
const click = (body: string) => send(body, { type: 'form', path: '/slack/interactions' });

const events = () => world.machine.google.events(world.machine.person.email);
const titles = () => events().map((event) => event['summary']);
const since = (mark: number) => slack.calls.slice(mark);

/** The first edit or post after `mark` whose words fit. */
const told = (mark: number, words: RegExp): Promise<SlackCall> =>
  slack.waitFor((call) => since(mark).includes(call) && words.test(call.fields['text'] ?? ''), String(words));

/** Asks for an event and answers the message with the buttons. */
async function askToBook(title: string): Promise<SlackCall> {
  const mark = slack.calls.length;
  const answer = await say(`book an hour called ${title} tomorrow at 10`);
  expect(answer.status).toBe(200);
  return slack.waitFor((call) => since(mark).includes(call) && /^May I do this/.test(call.fields['text'] ?? ''), title);
}

/** The questions of the conversation in which that one was asked, as the Agent API has them. */
async function turnsWith(question: string): Promise<readonly string[]> {
  const { url, token } = world.machine.access.agent;
  const read = async (path: string) =>
    (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).json() as Promise<unknown>;
  const { conversations } = (await read('/api/conversations')) as { conversations: { conversation_id: string }[] };
  for (const { conversation_id } of conversations) {
    const text = JSON.stringify(await read(`/api/conversations/${conversation_id}`));
    const asked = [...text.matchAll(/am I free on \w+day at \w+\?/g)].map(([words]) => words);
    if (asked.includes(question)) return [...new Set(asked)];
  }
  return [];
}

const jobsDone = () => world.lines('job.done').length;

async function untilJobs(count: number): Promise<void> {
  const until = Date.now() + 20_000;
  while (jobsDone() < count && Date.now() < until) await pause(20);
  expect(jobsDone()).toBeGreaterThanOrEqual(count);
}

describe('a direct message', () => {
  it('is answered where it was written, by editing one message', async () => {
    const mark = slack.calls.length;
    const answer = await say('am I free tomorrow at three?');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const done = await told(mark, /^Free: /);
    expect(done.method).toBe('chat.update');
    const posted = since(mark).filter(({ method }) => method === 'chat.postMessage');
    expect(posted).toHaveLength(1);
    expect(posted[0]?.fields).toMatchObject({ channel: direct, text: 'Working on it …' });
    expect(done.fields).toMatchObject({ channel: direct, ts: posted[0]?.answer.ts });
  }, 60_000);

  it('goes on with its conversation, in a thread under it as well', async () => {
    const mark = slack.calls.length;
    const ts = messageTs();
    await say('am I free on Friday at ten?', { ts });
    const first = await told(mark, /^Free: Fri /);
    await say('am I free on Friday at noon?', { thread_ts: ts });
    const second = await told(mark, /^Free: Fri .*, 12:00/);
    const reply = since(mark).find(({ answer }) => answer.ts === second.fields['ts']);
    expect(reply?.fields).toMatchObject({ channel: direct, thread_ts: ts });
    // Under the answer goes on as well.
    await say('am I free on Friday at one?', { thread_ts: first.fields['ts'] });
    await told(mark, /^Free: Fri .*, 13:00/);
    expect(await turnsWith('am I free on Friday at ten?')).toEqual(
      expect.arrayContaining(['am I free on Friday at noon?', 'am I free on Friday at one?']),
    );
  }, 60_000);

  it('three times is answered once', async () => {
    const mark = slack.calls.length;
    const done = jobsDone();
    const body = eventBody(directMessage('what is on today?', { channel: direct }));
    const answers = await Promise.all([send(body), send(body), send(body)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await told(mark, /today|Nothing|nothing|No events/);
    await send(body);
    await untilJobs(done + 1);
    // A message of its own behind it: by the time that this one is answered, the others would have been.
    await say('am I free on Saturday at nine?');
    await told(mark, /^Free: Sat .*09:00/);
    expect(since(mark).filter(({ method }) => method === 'chat.postMessage')).toHaveLength(2);
  }, 60_000);
});

describe('what nobody signed just now', () => {
  it.each([
    ['stale', { ageMs: 301_000 }],
    ['of the future', { ageMs: -305_000 }],
    ['forged', { secret: 'another secret, as long as the real one is' }],
  ])('is refused when it is %s', async (_what, over) => {
    const mark = slack.calls.length;
    const answer = await send(eventBody(directMessage('am I free tomorrow?', { channel: direct })), over);
    expect(answer.status).toBe(401);
    expect(since(mark)).toEqual([]);
  });

  it('is refused at each address, whatever it is', async () => {
    for (const path of ['/slack/events', '/slack/commands', '/slack/interactions']) {
      const answer = await send(commandBody('am I free?'), { type: 'form', path, secret: 'wrong' });
      expect(answer.status).toBe(401);
    }
    const reasons = world.lines('slack.refused').map((line) => line['reason']);
    expect(reasons).toContain('slack_signature_mismatch');
    expect(reasons).toContain('slack_stale');
  });
});

describe('a question', () => {
  it('is answered by its person’s click, and the turn goes on by itself', async () => {
    const question = await askToBook('Alpha');
    expect(question.fields).toMatchObject({ channel: direct, unfurl_links: 'false', unfurl_media: 'false' });
    expect(JSON.stringify(question.fields['blocks'])).toContain('Alpha');
    expect(JSON.stringify(question.fields['blocks'])).toContain('To undo it: Delete the event.');
    expect(titles()).not.toContain('Alpha');
    const mark = slack.calls.length;
    const answer = await click(clickBody(question, 'sallyport.yes'));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const settled = await told(mark, /This is answered/);
    expect(titles()).toContain('Alpha');
    // The question has lost its buttons.
    expect(settled.fields['ts']).toBe(question.answer.ts);
    expect(buttonOf(settled, 'sallyport.yes')).toBeUndefined();
  }, 60_000);

  it('is refused to everybody else, known or not', async () => {
    const question = await askToBook('Beta');
    const mark = slack.calls.length;
    for (const user of [otherUser, stranger]) {
      const answer = await click(clickBody(question, 'sallyport.yes', { user: { id: user, team_id: SLACK_TEAM } }));
      expect(answer.status).toBe(200);
    }
    await slack.waitFor((call) =>
      since(mark)
        .filter(({ fields }) => /not for you/.test(fields['text']))
        .includes(call),
    );
    expect(titles()).not.toContain('Beta');
    const reasons = world.lines('slack.refused').map((line) => line['reason']);
    expect(reasons).toEqual(expect.arrayContaining(['slack_not_theirs', 'slack_stranger']));
    expect(world.lines('approval.decided').filter((line) => line['decision'] === 'yes')).toHaveLength(1);
    // Its person can still answer.
    await click(clickBody(question, 'sallyport.no'));
    await told(mark, /This is answered/);
    expect(titles()).not.toContain('Beta');
  }, 60_000);

  it('is not answered by a message that says something else', async () => {
    const question = await askToBook('Gamma');
    const mark = slack.calls.length;
    const blocks = JSON.parse(JSON.stringify(question.fields['blocks']).replace('Gamma', 'Lunch, as always'));
    const lie = { ...question, fields: { ...question.fields, blocks } };
    await click(clickBody(lie, 'sallyport.yes'));
    await told(mark, /does not say what the question says/);
    expect(titles()).not.toContain('Gamma');
    await click(clickBody(question, 'sallyport.no'));
    await told(mark, /This is answered/);
  }, 60_000);

  it('that is answered elsewhere goes on in Slack', async () => {
    const question = await askToBook('Delta');
    const mark = slack.calls.length;
    const id = buttonOf(question, 'sallyport.yes')?.value?.split('.')[0];
    const { url, token } = world.machine.access.oauth;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ decision: 'yes' });
    expect((await fetch(`${url}/approvals/${id}`, { method: 'POST', headers, body })).status).toBe(200);
    await told(mark, /This is answered/);
    expect(titles()).toContain('Delta');
  }, 60_000);
});

describe('in a channel', () => {
  it('what was found out is shown to its person alone, and nothing to the others', async () => {
    const mark = slack.calls.length;
    const event = mention('am I free on Sunday at two?');
    await sendEvent(event);
    const done = await told(mark, /Sun /);
    expect(done.fields['channel']).toBe(direct);
    const whispered = await slack.waitFor((call) => since(mark).includes(call) && call.method === 'chat.postEphemeral');
    expect(whispered.fields).toMatchObject({ channel: SLACK_CHANNEL, user: SLACK_USER });
    for (const call of since(mark)) {
      if (call.fields['channel'] !== SLACK_CHANNEL) continue;
      expect(call.method).toBe('chat.postEphemeral');
    }
    // The same thread is the same conversation, for its person.
    await sendEvent(mention('am I free on Sunday at five?', { thread_ts: event['ts'] }));
    await told(mark, /Sun .*17:00/);
    const asked = await turnsWith('am I free on Sunday at two?');
    expect(asked).toEqual(['am I free on Sunday at two?', 'am I free on Sunday at five?']);
  }, 60_000);

  it('each message runs as its sender', async () => {
    const mark = slack.calls.length;
    const event = mention('am I free on Monday at eleven?');
    await sendEvent(event);
    await told(mark, /Mon .*11:00/);
    // In the very same thread another person asks on: they have no such conversation, and no calendar here.
    await sendEvent(mention('am I free on Monday at twelve?', { user: otherUser, thread_ts: event['ts'] }));
    const theirs = await slack.waitFor(
      (call) =>
        since(mark).includes(call) && call.method === 'conversations.open' && call.fields['users'] === otherUser,
    );
    await slack.waitFor(
      (call) =>
        since(mark).includes(call) &&
        call.method === 'chat.update' &&
        call.fields['channel'] === theirs.answer.channel.id,
    );
    const shown = since(mark).filter(({ fields }) => fields['channel'] === theirs.answer.channel.id);
    expect(JSON.stringify(shown)).not.toMatch(/Free/);
    expect(await turnsWith('am I free on Monday at eleven?')).toEqual(['am I free on Monday at eleven?']);
  }, 60_000);
});

describe('a command', () => {
  it('is acknowledged to its user alone and answered in direct messages', async () => {
    const mark = slack.calls.length;
    const answer = await send(commandBody('am I free on Tuesday at nine?'), { type: 'form', path: '/slack/commands' });
    expect(await answer.json()).toMatchObject({ response_type: 'ephemeral', text: expect.stringContaining('direct') });
    expect((await told(mark, /Tue /)).fields['channel']).toBe(direct);
  }, 60_000);

  it('without words, or for help, says what there is', async () => {
    for (const text of ['', 'help']) {
      const answer = await send(commandBody(text), { type: 'form', path: '/slack/commands' });
      expect(await answer.json()).toMatchObject({
        response_type: 'ephemeral',
        text: expect.stringMatching(/home tab/),
      });
    }
  });
});

describe('a stranger', () => {
  it('is shown where to say who they are, and nobody else is', async () => {
    const mark = slack.calls.length;
    await sendEvent(mention('am I free tomorrow?', { user: stranger }));
    const call = await told(mark, /I do not know you yet/);
    expect(call.method).toBe('chat.postEphemeral');
    expect(call.fields).toMatchObject({ channel: SLACK_CHANNEL, user: stranger });
    const link = buttonOf(call, 'sallyport.link.identity')?.url ?? '';
    expect(link).toMatch(new RegExp(`^${world.machine.access.oauth.url}/identities/link\\?ticket=`));
    const answer = await send(commandBody('am I free?', { user_id: stranger }), { type: 'form' });
    expect((await answer.json()) as { text: string }).toMatchObject({
      text: expect.stringContaining('/identities/link'),
    });
  }, 60_000);
});

describe('the home tab', () => {
  it('shows what is connected, what waits and who may act', async () => {
    const question = await askToBook('Epsilon');
    const mark = slack.calls.length;
    await sendEvent({ type: 'app_home_opened', user: SLACK_USER, channel: direct, tab: 'home', event_ts: messageTs() });
    const { fields } = await slack.waitFor((call) => since(mark).includes(call) && call.method === 'views.publish');
    expect(fields['user_id']).toBe(SLACK_USER);
    const view = JSON.stringify(fields['view']);
    for (const words of ['Google Calendar is connected', 'Epsilon', 'assistant may ', '/grants', '/connections']) {
      expect(view).toContain(words);
    }
    expect(view).not.toContain(world.machine.person.email);
    await click(clickBody(question, 'sallyport.no'));
    await told(mark, /This is answered/);
  }, 60_000);
});

describe('whatever is sent', () => {
  it('loads nothing by itself, carries the bot’s token, and leaves no words in the log', () => {
    expect(slack.calls.length).toBeGreaterThan(30);
    for (const { method, fields, authorization, answer } of slack.calls) {
      // Not everybody is in the channel: they are told in direct messages.
      if (answer.ok !== true) expect([method, answer.error]).toEqual(['chat.postEphemeral', 'user_not_in_channel']);
      expect(authorization).toBe(`Bearer ${SLACK_BOT_TOKEN}`);
      expect(JSON.stringify(fields)).not.toMatch(/"type":"(?:image|video|rich_text)"|image_url/);
      if (!method.startsWith('chat.')) continue;
      expect(fields).toMatchObject({
        parse: 'none',
        link_names: 'false',
        unfurl_links: 'false',
        unfurl_media: 'false',
      });
    }
    const log = world.logText.join('\n');
    for (const words of [
      'Alpha',
      'free tomorrow',
      SLACK_BOT_TOKEN,
      world.machine.access.slack?.signing_secret ?? '?',
    ]) {
      expect(log).not.toContain(words);
    }
  });
});
