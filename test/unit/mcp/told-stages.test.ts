import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import type { Caller } from '../../../src/mcp/caller.ts';
import { createRefusal, type Door } from '../../../src/mcp/doors/door.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { approvalKey, approvalRecord, decisionKey } from '../../../src/trust/approval.ts';
import {
  createTestApp,
  httpRequest,
  json,
  legacyRequest,
  modernRequest,
  PERSON,
  type TestApp,
  testCaller,
} from '../../support/mcp-app.ts';
import { createEchoTool, createNoteTool } from '../../support/mcp-tools.ts';

// Who is told how long the checks of a call took: an agent that passed them all, and nobody else.

const agent: Caller = { ...testCaller, door: 'agent', agent: 'agent/assistant' };
const note = modernRequest('tools/call', { name: 'note', arguments: { text: 'hello' } });
const echo = modernRequest('tools/call', { name: 'echo', arguments: { text: 'hello' } });

let store: KeyValueStore;
beforeEach(() => {
  store = createMemoryStore({ clock: { nowMs: () => Date.now() } });
});

const appOf = (door: Door, over: Parameters<typeof createTestApp>[0]['over'] = {}): TestApp =>
  createTestApp({ tools: [createEchoTool(), createNoteTool([])], store, over: { door, ...over } });

/** Passes everyone, and measures two of its checks. */
const passing =
  (caller: Caller): Door =>
  async (_request, stages) => {
    stages?.start('certificate')();
    stages?.start('signature')();
    return { ok: true, caller };
  };

async function timing(test: TestApp, request: ReturnType<typeof httpRequest>): Promise<string | undefined> {
  return (await test.app(request)).headers['server-timing']?.replaceAll(/dur=[\d.]+/g, 'dur');
}

describe('what an agent is told', () => {
  it('is its way through the doors to the tool, in both eras and both ways of answering', async () => {
    const test = appOf(passing(agent));
    const whole = 'certificate;dur, signature;dur, approval;desc=not_needed;dur, tool;dur';
    expect(await timing(test, echo)).toBe(whole);
    // The second is answered without the SDK.
    expect(await timing(test, echo)).toBe(whole);
    expect(await timing(test, legacyRequest('tools/call', { name: 'echo', arguments: { text: 'a' } }))).toBe(whole);
  });

  it('is that its person is asked, that they said yes, that they said no', async () => {
    const test = appOf(passing(agent));
    const answer = async (decision: 'yes' | 'no'): Promise<string | undefined> => {
      const response = await test.app(note);
      expect(response.headers['server-timing']).toMatch(/approval;desc=asked;dur=[\d.]+$/);
      const { id } = json(response).result._meta['sallyport/approval'];
      const { instance } = approvalRecord.parse(JSON.parse((await store.get(approvalKey(PERSON, id))) ?? ''));
      const record = { v: 1, id, instance, decision, decided_at: 1, by: 'token:t' };
      await store.set(decisionKey(PERSON, id), JSON.stringify(record));
      return timing(test, note);
    };
    expect(await answer('yes')).toBe('certificate;dur, signature;dur, approval;desc=given;dur, tool;dur');
    expect(await answer('no')).toBe('certificate;dur, signature;dur, approval;desc=refused;dur');
  });

  it('is no more of a call that ended before the tool than where it ended', async () => {
    const test = appOf(passing({ ...agent, scopes: [] }));
    expect(await timing(test, echo)).toBe('certificate;dur, signature;dur');
  });
});

describe('nobody else is told', () => {
  it('callers at the key door are not', async () => {
    expect(await timing(appOf(passing(testCaller)), echo)).toBeUndefined();
  });

  it('whoever is refused is not: how far they came would say which check stopped them', async () => {
    const refusing: Door = async (_request, stages) => {
      stages?.start('certificate')();
      return createRefusal({ reason: 'hmac_mismatch', challenge: 'Bearer' }, {});
    };
    const { status, headers } = await appOf(refusing).app(echo);
    expect(status).toBe(401);
    expect(headers['server-timing']).toBeUndefined();
  });

  it('neither are those who have asked too often, nor /health', async () => {
    const rateLimit = {
      take: async () => {
        throw new Error('the store is down');
      },
    };
    expect(await timing(appOf(passing(agent), { rateLimit }), echo)).toBeUndefined();
    expect(await timing(appOf(passing(agent)), httpRequest({ method: 'GET', path: '/health' }))).toBeUndefined();
  });
});
