import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  APPROVAL_TTL_SECONDS,
  type ApprovalRecord,
  approvalId,
  approvalKey,
  decisionKey,
} from '../../src/trust/approval.ts';
import { canonicalJson } from '../../src/trust/canonical-json.ts';
import { createFormBrowser, createTerminal, type FormBrowser } from '../support/form-browser.ts';
import { AGENT, createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

let world: OAuthWorld;
beforeAll(async () => {
  world = await createOAuthWorld();
});
afterAll(() => world.close());

/** As the MCP API asks. */
async function ask(person: string, over: Partial<ApprovalRecord> = {}): Promise<ApprovalRecord> {
  const args = { summary: randomBytes(4).toString('hex') };
  const subject = { person, agent: AGENT, tool: 'createevent', arguments: args };
  const now = Math.floor(world.clock.nowMs() / 1000);
  const record: ApprovalRecord = {
    v: 1,
    id: approvalId(subject),
    instance: randomBytes(16).toString('base64url'),
    person,
    agent: AGENT,
    tool: 'createevent',
    arguments: canonicalJson(args),
    summary: 'Create the event “Lunch” tomorrow at 12:00',
    created_at: now,
    expires_at: now + APPROVAL_TTL_SECONDS,
    ...over,
  };
  const ttlSeconds = APPROVAL_TTL_SECONDS + 60;
  await world.store.set(approvalKey(person, record.id), JSON.stringify(record), { ttlSeconds });
  return record;
}

async function decision(record: ApprovalRecord) {
  const raw = await world.store.get(decisionKey(record.person, record.id));
  return raw === undefined ? undefined : JSON.parse(raw);
}

async function signedIn(name: string): Promise<{ person: string; token: string; browser: FormBrowser }> {
  const person = await world.addPerson(name);
  const token = await world.addToken(person);
  const browser = createFormBrowser(world, { terminal: createTerminal(world, token) });
  const { status, json } = await world.call(token, 'POST', '/sign-in/tickets', { loopback: LOOPBACK });
  expect(status).toBe(201);
  const home = await browser.press(await browser.open(json.url), '/sign-in');
  expect(home.text).toContain('What you have allowed');
  return { person, token, browser };
}

describe('approvals over JSON', () => {
  it('are listed, read and answered by the person’s confirm token', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    const list = await world.call(token, 'GET', '/approvals');
    expect(list.json.approvals).toEqual([
      {
        id: record.id,
        instance: record.instance,
        url: `${PUBLIC_URL}/approvals/${record.id}`,
        status: 'pending',
        agent: AGENT,
        tool: 'createevent',
        summary: record.summary,
        arguments: JSON.parse(record.arguments),
        created_at: new Date(record.created_at * 1000).toISOString(),
        expires_at: new Date(record.expires_at * 1000).toISOString(),
      },
    ]);
    const answered = await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject({ id: record.id, status: 'yes' });
    expect(await decision(record)).toEqual({
      v: 1,
      id: record.id,
      instance: record.instance,
      decision: 'yes',
      decided_at: record.created_at,
      by: `token:${token.split('_')[1]}`,
    });
    expect((await world.call(token, 'GET', '/approvals')).json.approvals).toEqual([]);
    expect((await world.call(token, 'GET', `/approvals/${record.id}`)).json.status).toBe('yes');
  });

  it('may be repeated, but never turned around', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    for (const [first, second] of [
      ['yes', 'no'],
      ['no', 'yes'],
    ]) {
      const record = await ask(person);
      const path = `/approvals/${record.id}`;
      expect((await world.call(token, 'POST', path, { decision: first })).status).toBe(200);
      expect((await world.call(token, 'POST', path, { decision: first })).status).toBe(200);
      expect((await world.call(token, 'POST', path, { decision: second })).status).toBe(409);
      expect((await decision(record)).decision).toBe(first);
    }
  });

  it('settle on one answer when 20 come at the same moment', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        world.call(token, 'POST', `/approvals/${record.id}`, { decision: index % 2 === 0 ? 'yes' : 'no' }),
      ),
    );
    const { decision: written } = await decision(record);
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBe(10);
    expect(won.every(({ json }) => json.status === written)).toBe(true);
    expect(answers.filter(({ status }) => status === 409).length).toBe(10);
  });

  it('of an earlier asking answer nothing: the same question asked anew is open again', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const first = await ask(person);
    await world.call(token, 'POST', `/approvals/${first.id}`, { decision: 'no' });
    const again = { ...first, instance: randomBytes(16).toString('base64url') };
    await world.store.set(approvalKey(person, first.id), JSON.stringify(again));
    expect((await world.call(token, 'GET', `/approvals/${first.id}`)).json.status).toBe('pending');
    expect((await world.call(token, 'POST', `/approvals/${first.id}`, { decision: 'yes' })).status).toBe(200);
    expect(await decision(first)).toMatchObject({ instance: again.instance, decision: 'yes' });
  });

  it('may name the asking they are for, and are then for no other', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    const answer = (instance: string) =>
      world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes', instance });
    expect((await answer('another-asking-of-the-same')).status).toBe(409);
    expect(await decision(record)).toBeUndefined();
    expect((await answer(record.instance)).status).toBe(200);
  });

  it('are over after 10 minutes: 410, and nothing is written', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    world.clock.advance(APPROVAL_TTL_SECONDS * 1000);
    const late = await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect(late.status).toBe(410);
    expect(late.json.error.code).toBe('gone');
    expect(await decision(record)).toBeUndefined();
    expect((await world.call(token, 'GET', '/approvals')).json.approvals).toEqual([]);
  });

  it('leave with the question: a yes does not outlive it', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    world.clock.advance(500_000);
    await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect(await decision(record)).toBeDefined();
    world.clock.advance(100_001);
    expect(await decision(record)).toBeUndefined();
  });

  it('say what kind of thing it is and how it is taken back', async () => {
    const { person, browser } = await signedIn('Ann');
    const record = await ask(person, { effect: 'Adds something.', undo: 'Delete it again.' });
    const page = await browser.open(`${PUBLIC_URL}/approvals/${record.id}`);
    expect(page.text).toMatch(/Adds something\.\s+To undo it: Delete it again\./);
    const final = await ask(person, { effect: 'Changes or removes what is there.' });
    expect((await browser.open(`${PUBLIC_URL}/approvals/${final.id}`)).text).toContain('Nothing takes it back.');
  });

  it('of another person do not exist', async () => {
    const ann = await world.addPerson('Ann');
    const ben = await world.addPerson('Ben');
    const token = await world.addToken(ben);
    const record = await ask(ann);
    expect((await world.call(token, 'GET', `/approvals/${record.id}`)).status).toBe(404);
    expect((await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' })).status).toBe(404);
    expect((await world.call(token, 'GET', '/approvals')).json.approvals).toEqual([]);
    expect(await decision(record)).toBeUndefined();
  });

  it('are not answered by the token that chats, by a key of the MCP API, or by nobody', async () => {
    const person = await world.addPerson('Ann');
    const record = await ask(person);
    const chat = await world.addToken(person, { audience: 'agent', scopes: ['calendar.write'] });
    const key = await world.addToken(person, { audience: 'mcp', scopes: ['calendar.write'] });
    // A record that claims the scope under the wrong audience must not help either.
    const odd = await world.addToken(person, { audience: 'agent', scopes: ['confirm'] });
    for (const token of [chat, key, odd]) {
      const { status } = await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
      expect(status).toBe(403);
      expect((await world.call(token, 'GET', '/approvals')).status).toBe(403);
    }
    const { status, headers } = await world.call(undefined, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(await decision(record)).toBeUndefined();
  });

  it.each([{}, { decision: 'maybe' }, { decision: 'yes', more: 1 }, [], 'yes', null])(
    'are not taken from the body %j',
    async (body) => {
      const person = await world.addPerson('Ann');
      const token = await world.addToken(person);
      const record = await ask(person);
      expect((await world.call(token, 'POST', `/approvals/${record.id}`, body)).status).toBe(400);
      expect(await decision(record)).toBeUndefined();
    },
  );
});

describe('approvals in a browser', () => {
  it('are answered by the signed-in person’s form', async () => {
    const { person, browser } = await signedIn('Ann');
    const record = await ask(person);
    const page = await browser.open(`${PUBLIC_URL}/approvals/${record.id}`);
    expect(page.text).toContain('May the agent do this?');
    expect(page.text).toContain(record.summary);
    expect(page.html).toContain(Object.values(JSON.parse(record.arguments))[0]);
    const answered = await browser.press(page, `/approvals/${record.id}`, { decision: 'no' });
    expect(answered.text).toContain('You said no');
    expect(await decision(record)).toMatchObject({ decision: 'no' });
  });

  it('answer the asking that the page showed: a second press never says yes to a later asking', async () => {
    const { person, browser } = await signedIn('Ann');
    const first = await ask(person);
    const page = await browser.open(`${PUBLIC_URL}/approvals/${first.id}`);
    // The agent used the first yes and asks for the same again, which by now may mean something else.
    const again = { ...first, instance: randomBytes(16).toString('base64url'), summary: 'Delete “Board meeting”' };
    await world.store.set(approvalKey(person, first.id), JSON.stringify(again));
    const refused = await browser.press(page, `/approvals/${first.id}`, { decision: 'yes' });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('asked');
    expect(await decision(first)).toBeUndefined();
  });

  it('stand on the home page and on their own', async () => {
    const { person, browser } = await signedIn('Ann');
    const record = await ask(person);
    for (const path of ['/', '/approvals']) {
      expect((await browser.open(`${PUBLIC_URL}${path}`)).text).toContain(record.summary);
    }
  });

  it('show what an agent wrote as text, never as markup', async () => {
    const { person, browser } = await signedIn('Ann');
    const attack = '<img src=x onerror=alert(1)>"\'</p><form action="https://evil.example">\u202Eabc';
    const record = await ask(person, {
      summary: attack,
      arguments: canonicalJson({ summary: attack }),
      tool: '<b>t</b>',
    });
    const { html } = await browser.open(`${PUBLIC_URL}/approvals/${record.id}`);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<form action="https://evil');
    expect(html).not.toContain('<b>t');
    expect(html).not.toContain('\u202E');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('lead somebody who is not signed in to the sign-in, and back', async () => {
    const person = await world.addPerson('Ann');
    const record = await ask(person);
    const page = await createFormBrowser(world).open(`${PUBLIC_URL}/approvals/${record.id}`);
    expect(page.url).toContain(`/sign-in?return_to=${encodeURIComponent(`/approvals/${record.id}`)}`);
  });

  it('of another person do not exist', async () => {
    const { browser } = await signedIn('Ben');
    const record = await ask(await world.addPerson('Ann'));
    expect((await browser.open(`${PUBLIC_URL}/approvals/${record.id}`)).status).toBe(404);
  });
});
