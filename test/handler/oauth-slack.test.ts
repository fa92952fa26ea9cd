import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLinkTickets, type LinkTickets } from '../../src/oauth/link-tickets.ts';
import { type ApprovalRecord, approvalKey, decisionKey } from '../../src/trust/approval.ts';
import { type JobRecord, jobKey, jobRecord } from '../../src/trust/job.ts';
import { identityKey } from '../../src/trust/person.ts';
import { questionBlocks, questionValue, type SlackQuestion } from '../../src/trust/slack-question.ts';
import { createOAuthWorld, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';
import { commandBody, deliver, directMessage, eventBody, mention, SLACK_TEAM, SLACK_USER } from '../support/slack.ts';

// The door for Slack at the OAuth API: what it makes a job of, for whom, and what it leaves alone.

const SECRET = 'a signing secret of tests';
const IDENTITY = `slack:${SLACK_TEAM}:${SLACK_USER}`;

let world: OAuthWorld;
let ann: string;
let bob: string;
let linkTickets: LinkTickets;
beforeAll(async () => {
  world = await createOAuthWorld({ slackSigningSecret: SECRET });
  const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  linkTickets = createLinkTickets({ store: world.store, clock: world.clock, random, publicUrl: PUBLIC_URL });
  ann = await world.addPerson('Ann');
  bob = await world.addPerson('Bob');
  await world.store.set(identityKey(IDENTITY), JSON.stringify({ v: 1, person: ann }));
});
afterAll(() => world.close());
beforeEach(() => {
  world.sent.splice(0);
});

async function send(body: string, path = '/slack/events', over: Readonly<Record<string, string>> = {}) {
  const type = body.startsWith('{') ? 'json' : 'form';
  const delivery = deliver(SECRET, body, { type, atMs: world.clock.nowMs() });
  const headers = { ...delivery.headers, ...over };
  return world.app.fetch(new Request(`${PUBLIC_URL}${path}`, { method: 'POST', body, headers }));
}

async function jobs(): Promise<readonly JobRecord[]> {
  const raws = await Promise.all(world.sent.map((id) => world.store.get(jobKey(id))));
  return raws.map((raw) => jobRecord.parse(JSON.parse(raw ?? '')));
}

describe('what Slack asks first', () => {
  it('is answered with its challenge, and only when it is signed', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB', token: 'x' });
    const answer = await send(body);
    expect([answer.status, await answer.json()]).toEqual([200, { challenge: '3eZbrw1aB' }]);
    const forged = await send(body, '/slack/events', { 'x-slack-signature': `v0=${'0'.repeat(64)}` });
    expect([forged.status, (await forged.text()).includes('3eZbrw1aB')]).toEqual([401, false]);
  });
});

describe('a message', () => {
  it('becomes a job of its sender, with what they wrote and no more', async () => {
    const event = directMessage('am I free?', {
      blocks: [{ type: 'rich_text' }],
      client_msg_id: 'x',
      team: SLACK_TEAM,
    });
    expect((await send(eventBody(event))).status).toBe(200);
    const [job] = await jobs();
    expect(job).toMatchObject({ kind: 'slack.message', person: ann, identity: IDENTITY });
    expect(job?.payload).toEqual({
      place: { user: SLACK_USER, channel: 'D000000001', direct: true },
      text: 'am I free?',
      ts: event['ts'],
      scopes: ['calendar.read', 'calendar.write', 'push.write'],
    });
    expect((job?.expires_at ?? 0) - (job?.created_at ?? 0)).toBe(3600);
  });

  it('that comes again is the same job, sent again in case it was lost', async () => {
    const body = eventBody(directMessage('am I free?'));
    for (const retry of ['0', '1', '2']) await send(body, '/slack/events', { 'x-slack-retry-num': retry });
    expect(world.sent).toHaveLength(3);
    expect(new Set(world.sent).size).toBe(1);
  });

  it('comes in at any of the three addresses', async () => {
    for (const path of ['/slack/events', '/slack/commands', '/slack/interactions']) {
      expect((await send(eventBody(directMessage('am I free?')), path)).status).toBe(200);
    }
    expect(world.sent).toHaveLength(3);
  });

  it('of an organisation’s member is the organisation’s identity', async () => {
    const identity = `slack:E0001:${SLACK_USER}`;
    await world.store.set(identityKey(identity), JSON.stringify({ v: 1, person: bob }));
    await send(eventBody(directMessage('am I free?'), { enterprise_id: 'E0001' }));
    expect(await jobs()).toMatchObject([{ identity, person: bob }]);
  });

  it.each([
    ['40 000 characters', 'x'.repeat(40_000)],
    ['40 000 line breaks', '\n'.repeat(40_000)],
    ['more than Slack takes', 'x'.repeat(100_000)],
  ])('that is too long is answered so: %s', async (_what, text) => {
    expect((await send(eventBody(directMessage(text)))).status).toBe(200);
    expect(await jobs()).toMatchObject([
      { kind: 'slack.notice', payload: { text: expect.stringContaining('too long') } },
    ]);
  });

  const ignored: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>?])[] = [
    ['of a bot', { bot_id: 'B0001' }],
    ['of our own', { user: 'U0BOT00001' }],
    ['that was changed', { subtype: 'message_changed' }],
    ['that was deleted', { subtype: 'message_deleted' }],
    ['in a channel, without a mention', { channel: 'C0001', channel_type: 'channel' }],
    ['among several people', { channel: 'G0001', channel_type: 'mpim' }],
    ['of another organisation in a shared channel', { user_team: 'T0OTHER' }],
    ['whose source is another workspace', { source_team: 'T0OTHER' }],
    ['with a user that is none', { user: 'U1:x' }],
    ['with a channel that is none', { channel: 'D1/../x' }],
    ['with a thread that is none', { thread_ts: 'now' }],
    ['of a team that is none', {}, { team_id: 'T1:U1' }],
    ['without a user', { user: undefined }],
  ];
  it.each(ignored.map((row) => [row[0], row] as const))('%s is taken and left alone', async (_what, row) => {
    const [, over, envelope] = row;
    const answer = await send(eventBody(directMessage('am I free?', over), envelope));
    expect([answer.status, await answer.text(), world.sent]).toEqual([200, '', []]);
  });

  it.each([['{}'], ['{"type":"app_rate_limited"}'], ['{"type":'], [''], ['a=b'], ['payload=%7B'], ['ssl_check=1']])(
    '%s is none, and does no harm',
    async (body) => {
      expect([(await send(body)).status, world.sent]).toEqual([200, []]);
    },
  );

  it('is not taken when it cannot be left to the worker, so that Slack sends it again', async () => {
    const lost = await createOAuthWorld({
      slackSigningSecret: SECRET,
      jobQueue: { send: () => Promise.reject(new Error('the queue is away')) },
    });
    await lost.store.set(identityKey(IDENTITY), JSON.stringify({ v: 1, person: await lost.addPerson('Ann') }));
    const body = eventBody(directMessage('am I free?'));
    const delivery = deliver(SECRET, body, { type: 'json', atMs: lost.clock.nowMs() });
    const answer = await lost.app.fetch(new Request(`${PUBLIC_URL}/slack/events`, { method: 'POST', ...delivery }));
    expect(answer.status).toBe(500);
    await lost.close();
  });

  it('may be long, and has an end', async () => {
    expect((await send(eventBody(directMessage('x'.repeat(30_000))))).status).toBe(200);
    expect((await send(eventBody(directMessage('x'.repeat(300_000))))).status).toBe(413);
  });
});

describe('a command', () => {
  it('becomes a job once, however often it is played again', async () => {
    const body = commandBody('am I free?');
    const first = await send(body, '/slack/commands');
    expect(await first.json()).toMatchObject({ response_type: 'ephemeral' });
    await send(body, '/slack/commands');
    expect(new Set(world.sent).size).toBe(1);
    const [job] = await jobs();
    expect(job).toMatchObject({ kind: 'slack.message', person: ann, payload: { place: { direct: false } } });
    expect(job?.payload).not.toHaveProperty('ts');
  });
});

describe('a stranger', () => {
  const STRANGER = 'U0STRANGER';
  const identity = `slack:${SLACK_TEAM}:${STRANGER}`;

  it('gets a link for their own identity', async () => {
    await send(eventBody(mention('hello', { user: STRANGER })));
    const [job] = await jobs();
    expect(job).toMatchObject({ kind: 'slack.stranger', identity });
    expect(job?.person).toBeUndefined();
    expect(job?.payload['link']).toMatch(/^https:\/\/oauth\.sallyport\.test\/identities\/link\?ticket=[\w-]{43}$/);
  });

  it('is linked by the code that the page showed, and by no other', async () => {
    for (const text of ['ABCD-1234', 'calendar', 'link ZZZZ-ZZZZ']) {
      world.sent.splice(0);
      await send(eventBody(directMessage(text, { user: STRANGER })));
      expect(await jobs()).toMatchObject([{ kind: 'slack.stranger' }]);
    }
    world.sent.splice(0);
    const code = await linkTickets.createCode(identity, bob);
    // The same code, brought by another stranger, is no code.
    await send(eventBody(directMessage(code, { user: 'U0ANOTHER' })));
    expect(await jobs()).toMatchObject([{ kind: 'slack.stranger' }]);
    world.sent.splice(0);
    await send(eventBody(mention(`link ${code.toLowerCase()}`, { user: STRANGER })));
    expect(await jobs()).toMatchObject([
      { kind: 'slack.notice', payload: { text: expect.stringContaining('know you') } },
    ]);
    world.sent.splice(0);
    await send(eventBody(directMessage('am I free?', { user: STRANGER })));
    expect(await jobs()).toMatchObject([{ kind: 'slack.message', person: bob }]);
  });

  it('types the code behind the command as well', async () => {
    const user = 'U0TYPING';
    const code = await linkTickets.createCode(`slack:${SLACK_TEAM}:${user}`, bob);
    const before = await send(commandBody('am I free?', { user_id: user }), '/slack/commands');
    expect(await before.json()).toMatchObject({ text: expect.stringContaining('/identities/link?ticket=') });
    const answer = await send(commandBody(`link ${code}`, { user_id: user }), '/slack/commands');
    expect(await answer.json()).toMatchObject({ text: expect.stringContaining('Now I know you') });
    expect(world.sent).toEqual([]);
  });
});

describe('a click', () => {
  async function ask(person: string, over: Partial<ApprovalRecord> = {}): Promise<SlackQuestion> {
    const now = Math.floor(world.clock.nowMs() / 1000);
    const record: ApprovalRecord = {
      v: 1,
      id: `a_${randomBytes(32).toString('base64url')}`,
      instance: randomBytes(16).toString('base64url'),
      person,
      agent: 'agent/assistant',
      tool: 'createevent',
      arguments: '{"summary":"Lunch"}',
      summary: 'Create “Lunch”',
      effect: 'Adds something new.',
      created_at: now,
      expires_at: now + 600,
      ...over,
    };
    await world.store.set(approvalKey(person, record.id), JSON.stringify(record));
    const { id, tool, summary, effect, undo, expires_at } = record;
    const url = `${PUBLIC_URL}/approvals/${id}`;
    return { id, url, tool, summary, effect, undo, expires_at: new Date(expires_at * 1000).toISOString() };
  }

  const clicked = (question: SlackQuestion, over: Record<string, unknown> = {}) => ({
    type: 'block_actions',
    user: { id: SLACK_USER, team_id: SLACK_TEAM },
    team: { id: SLACK_TEAM },
    container: { type: 'message', message_ts: '1.1', channel_id: 'D0001', is_ephemeral: false },
    channel: { id: 'D0001' },
    message: { ts: '1.1', blocks: questionBlocks(question) },
    actions: [{ type: 'button', action_id: 'sallyport.yes', value: questionValue(question) }],
    ...over,
  });
  const click = (payload: unknown) =>
    send(new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), '/slack/interactions');
  const decisionOf = async (person: string, { id }: SlackQuestion) => {
    const raw = await world.store.get(decisionKey(person, id));
    return raw === undefined ? undefined : (JSON.parse(raw) as Record<string, unknown>);
  };

  it('of the person answers their question, in their name', async () => {
    const question = await ask(ann);
    expect((await click(clicked(question))).status).toBe(200);
    expect(await decisionOf(ann, question)).toMatchObject({ decision: 'yes', by: IDENTITY });
    const [job] = await jobs();
    expect(job).toMatchObject({ kind: 'approval.answered', person: ann });
  });

  it('says no as well, and is not taken back', async () => {
    const question = await ask(ann);
    await click(clicked(question, { actions: [{ action_id: 'sallyport.no', value: questionValue(question) }] }));
    world.sent.splice(0);
    await click(clicked(question));
    expect(await decisionOf(ann, question)).toMatchObject({ decision: 'no' });
    expect(await jobs()).toMatchObject([
      { kind: 'slack.notice', payload: { text: expect.stringContaining('already') } },
    ]);
  });

  const others: readonly (readonly [string, (question: SlackQuestion) => Record<string, unknown>])[] = [
    ['by a stranger', () => ({ user: { id: 'U0NOBODY', team_id: SLACK_TEAM } })],
    ['by somebody of another workspace', () => ({ user: { id: SLACK_USER, team_id: 'T0OTHER' } })],
    ['in another workspace', () => ({ team: { id: 'T0OTHER' }, user: { id: SLACK_USER, team_id: 'T0OTHER' } })],
    ['in an organisation where that id is somebody else', () => ({ enterprise: { id: 'E0009' } })],
    ['in a message that only they saw', () => ({ container: { type: 'message', is_ephemeral: true } })],
    ['in a home tab', () => ({ container: { type: 'view' } })],
    ['in an attachment', () => ({ message: { ts: '1.1', attachments: [{ blocks: [] }] } })],
    [
      'in the preview of a link',
      () => ({ message: undefined, container: { type: 'message_attachment', is_app_unfurl: true } }),
    ],
    ['in a message that Slack does not show', () => ({ message: undefined })],
    ['in a message whose words do not come along', () => ({ message: { ts: '1.1' } })],
    [
      'under other words',
      () => ({ message: { ts: '1.1', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'ok?' } }] } }),
    ],
    ['with a value that names no asking', ({ id }) => ({ actions: [{ action_id: 'sallyport.yes', value: id }] })],
    [
      'with another asking’s value',
      ({ id }) => ({ actions: [{ action_id: 'sallyport.yes', value: `${id}.AAAAAAAAAAAAAAAAAAAAAA` }] }),
    ],
    [
      'on another button',
      (question) => ({ actions: [{ action_id: 'sallyport.maybe', value: questionValue(question) }] }),
    ],
    [
      'on the button that opens the page',
      (question) => ({ actions: [{ action_id: 'sallyport.link.question', value: questionValue(question) }] }),
    ],
    ['of another kind', () => ({ type: 'view_submission' })],
  ];
  it.each(others)('%s answers nothing', async (_what, over) => {
    const question = await ask(ann);
    expect((await click(clicked(question, over(question)))).status).toBe(200);
    expect(await decisionOf(ann, question)).toBeUndefined();
  });

  it('on a question of somebody else answers nothing, and its clicker alone is told', async () => {
    const question = await ask(bob);
    await click(clicked(question));
    expect([await decisionOf(bob, question), await decisionOf(ann, question)]).toEqual([undefined, undefined]);
    expect(await jobs()).toMatchObject([
      {
        kind: 'slack.notice',
        person: ann,
        payload: { place: { user: SLACK_USER }, text: expect.stringContaining('not for you') },
      },
    ]);
  });

  it('on a question that was asked again since answers nothing', async () => {
    const seen = await ask(ann);
    await ask(ann, { id: seen.id, summary: 'Create “Something else”' });
    await click(clicked(seen));
    expect(await decisionOf(ann, seen)).toBeUndefined();
    expect(await jobs()).toMatchObject([{ payload: { text: expect.stringContaining('asked again') } }]);
  });

  it('on a question that is over answers nothing', async () => {
    const past = Math.floor(world.clock.nowMs() / 1000) - 1;
    const question = await ask(ann, { created_at: past - 600, expires_at: past });
    await click(clicked(question));
    expect(await decisionOf(ann, question)).toBeUndefined();
    expect(await jobs()).toMatchObject([{ kind: 'slack.notice' }]);
  });
});

describe('the home tab', () => {
  const opened = (user: string) => eventBody({ type: 'app_home_opened', user, channel: 'D0001', tab: 'home' });

  it('is told what its person may read there, and no address', async () => {
    await send(opened(SLACK_USER));
    const [job] = await jobs();
    expect(job).toMatchObject({
      kind: 'slack.home',
      person: ann,
      payload: { user: SLACK_USER, known: { google: 'absent' } },
    });
    expect(JSON.stringify(job)).not.toContain('@');
  });

  it('of a stranger is a link', async () => {
    await send(opened('U0NEWCOMER'));
    const [job] = await jobs();
    expect(job?.payload).not.toHaveProperty('known');
    expect(job?.payload['links']).toMatchObject({ link: expect.stringContaining('/identities/link?ticket=') });
  });
});

describe('the log', () => {
  it('says why something was refused, and nothing of what was said', () => {
    const log = world.logged.join('\n');
    expect(log).toContain('slack_message_differs');
    expect(log).toContain('slack_not_theirs');
    for (const words of ['am I free', 'Lunch', SECRET]) expect(log).not.toContain(words);
  });
});

describe('where no Slack is set up', () => {
  it('there is no such address', async () => {
    const without = await createOAuthWorld();
    const body = eventBody(directMessage('am I free?'));
    const delivery = deliver('', body, { type: 'json', atMs: without.clock.nowMs() });
    const answer = await without.app.fetch(new Request(`${PUBLIC_URL}/slack/events`, { method: 'POST', ...delivery }));
    expect(answer.status).toBe(404);
    await without.close();
  });
});
