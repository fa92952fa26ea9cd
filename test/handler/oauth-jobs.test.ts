import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../src/kernel/app-error.ts';
import type { SendOptions } from '../../src/ports/job-queue.ts';
import { APPROVAL_TTL_SECONDS, type ApprovalRecord, approvalId, approvalKey } from '../../src/trust/approval.ts';
import { canonicalJson } from '../../src/trust/canonical-json.ts';
import { jobIdOf, jobKey, jobRecord } from '../../src/trust/job.ts';
import { createFormBrowser, createTerminal } from '../support/form-browser.ts';
import { AGENT, createOAuthWorld, LOOPBACK, type OAuthWorld, PUBLIC_URL } from '../support/oauth-app.ts';

// What the OAuth API tells the agent's worker, and that nothing of a person's answer depends on it.

let world: OAuthWorld;
let sent: { id: string; options: SendOptions | undefined }[];
let broken: Error | undefined;

beforeAll(async () => {
  world = await createOAuthWorld({
    jobQueue: {
      send: async (id, options) => {
        if (broken !== undefined) throw broken;
        sent.push({ id, options });
      },
    },
  });
});
beforeEach(() => {
  sent = [];
  broken = undefined;
  world.logged.length = 0;
});
afterAll(() => world.close());

async function ask(person: string, agent = AGENT): Promise<ApprovalRecord> {
  const args = { summary: randomBytes(4).toString('hex') };
  const now = Math.floor(world.clock.nowMs() / 1000);
  const record: ApprovalRecord = {
    v: 1,
    id: approvalId({ person, agent, tool: 'createevent', arguments: args }),
    instance: randomBytes(16).toString('base64url'),
    person,
    agent,
    tool: 'createevent',
    arguments: canonicalJson(args),
    summary: 'Create the event “Lunch” tomorrow at 12:00',
    created_at: now,
    expires_at: now + APPROVAL_TTL_SECONDS,
  };
  await world.store.set(approvalKey(person, record.id), JSON.stringify(record), { ttlSeconds: APPROVAL_TTL_SECONDS });
  return record;
}

const jobOf = async (id: string) => {
  const raw = await world.store.get(jobKey(id));
  return raw === undefined ? undefined : jobRecord.parse(JSON.parse(raw));
};

describe('an answer', () => {
  it.each(['yes', 'no'])(
    'of %s is told to the worker by a job that holds nothing but the question’s id',
    async (decision) => {
      const person = await world.addPerson('Ann');
      const token = await world.addToken(person);
      const record = await ask(person);
      await world.call(token, 'POST', `/approvals/${record.id}`, { decision });
      expect(sent).toEqual([
        { id: jobIdOf('approval.answered', person, record.id, record.instance), options: { delaySeconds: 3 } },
      ]);
      expect(await jobOf(sent[0]?.id ?? '')).toMatchObject({
        kind: 'approval.answered',
        person,
        payload: { approval: record.id },
        expires_at: record.created_at + APPROVAL_TTL_SECONDS,
      });
    },
  );

  it('that is given twice is one job, sent twice', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    const first = await world.store.get(jobKey(sent[0]?.id ?? ''));
    world.clock.advance(5000);
    await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(await world.store.get(jobKey(sent[0]?.id ?? ''))).toBe(first);
  });

  it('in a browser is told at once: no client is at hand that would go on', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const browser = createFormBrowser(world, { terminal: createTerminal(world, token) });
    const { json } = await world.call(token, 'POST', '/sign-in/tickets', { loopback: LOOPBACK });
    await browser.press(await browser.open(json.url), '/sign-in');
    const record = await ask(person);
    const page = await browser.open(`${PUBLIC_URL}/approvals/${record.id}`);
    await browser.press(page, `/approvals/${record.id}`, { decision: 'yes' });
    expect(sent).toEqual([{ id: expect.any(String), options: {} }]);
  });

  it.each(['bridge', 'token'])('to a %s is told to nobody: it makes its call again by itself', async (kind) => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person, kind === 'bridge' ? `bridge/${person}` : 'token/01ARZ3NDEKTSV4RRFFQ69G5FAV');
    await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect(sent).toEqual([]);
  });

  it('that was refused is told to nobody', async () => {
    const person = await world.addPerson('Ann');
    const other = await world.addToken(await world.addPerson('Bob'));
    const token = await world.addToken(person);
    const record = await ask(person);
    expect((await world.call(other, 'POST', `/approvals/${record.id}`, { decision: 'yes' })).status).toBe(404);
    await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'no' });
    sent = [];
    expect((await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' })).status).toBe(409);
    expect(sent).toEqual([]);
  });

  it('is given though the queue is away, which the log says', async () => {
    const person = await world.addPerson('Ann');
    const token = await world.addToken(person);
    const record = await ask(person);
    broken = new AppError('unavailable', 'The queue of jobs cannot be reached right now.');
    const answer = await world.call(token, 'POST', `/approvals/${record.id}`, { decision: 'yes' });
    expect([answer.status, answer.json.status]).toEqual([200, 'yes']);
    expect(world.logged.some((line) => line.includes('"approval.nobody_told"') && line.includes('"error"'))).toBe(true);
  });
});
