import { expect } from '@jest/globals';
import { connectGoogle } from '../../src/cli/client/connect.ts';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';
import { ANN } from './google-stand-in.ts';
import type { LambdaWorld } from './lambda-world.ts';
import { type OutsideAgent, toolCall } from './outside-agent.ts';

// The main job, once through all three functions of a world: consent, free time, an approved event, and the event in the calendar.

const DAY = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };

async function post(base: string, path: string, token: string, body: unknown) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

export async function connectAndBook(world: LambdaWorld, agent: OutsideAgent): Promise<'booked'> {
  const { person, urls, google } = world;
  const browser = createHeadlessPerson({ account: ANN.email, googleOrigin: new URL(google.url).origin });
  const oauth = { url: urls.oauth, token: person.confirmToken };
  const outcome = await connectGoogle({ oauth, open: async (url) => void (await browser.visit(url)) });
  expect(outcome).toMatchObject({ status: 'connected' });

  const free = await agent.send(person.id, { body: toolCall('freebusy', DAY) });
  expect(free).toMatchObject({ status: 200, json: { result: { structuredContent: { busy: [] } } } });

  const message = 'Book "Review of the plans" on 1 March 2027 from 10:00 to 11:00';
  const asked = await post(urls.agent, '/chat', person.agentToken, { message, time_zone: 'Europe/Berlin' });
  expect(asked).toMatchObject({ status: 200, body: { status: 'approval_required' } });
  const [approval] = asked.body['approvals'] as { id: string }[];
  const yes = await post(urls.oauth, `/approvals/${approval?.id}`, person.confirmToken, { decision: 'yes' });
  expect(yes.status).toBe(200);
  const done = await post(urls.agent, `/turns/${asked.body['turn']}/continue`, person.agentToken, {});
  expect(done).toMatchObject({ status: 200, body: { status: 'completed' } });

  const after = await agent.send(person.id, { body: toolCall('freebusy', DAY) });
  const { structuredContent } = (after.json as { result: { structuredContent: { busy: unknown[] } } }).result;
  expect(structuredContent.busy).toEqual([
    { calendar: 'primary', start: expect.stringContaining('2027-03-01T'), end: expect.stringContaining('2027-03-01T') },
  ]);
  return 'booked';
}
