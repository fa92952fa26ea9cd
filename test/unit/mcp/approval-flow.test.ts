import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { approvalKey, approvalRecord, decisionKey } from '../../../src/trust/approval.ts';
import { createTestApp, json, legacyRequest, modernRequest, PERSON, type TestApp } from '../../support/mcp-app.ts';
import { createNoteTool } from '../../support/mcp-tools.ts';

// How a write waits for its yes, as a client sees it in each era.

let notes: string[];
let store: KeyValueStore;
let test: TestApp;

beforeEach(() => {
  notes = [];
  store = createMemoryStore({ clock: { nowMs: () => Date.now() } });
  test = createTestApp({ tools: [createNoteTool(notes)], store });
});

const call = { name: 'note', arguments: { text: 'hello' } };
const withUrls = { capabilities: { elicitation: { url: {} } } };

async function decide(id: string, decision: 'yes' | 'no'): Promise<void> {
  const { instance } = approvalRecord.parse(JSON.parse((await store.get(approvalKey(PERSON, id))) ?? ''));
  await store.set(
    decisionKey(PERSON, id),
    JSON.stringify({ v: 1, id, instance, decision, decided_at: 1, by: 'token:t' }),
  );
}

const send = async (params: Readonly<Record<string, unknown>> = {}, over = withUrls) =>
  json(await test.app(modernRequest('tools/call', { ...call, ...params }, over)));

describe('2026-07-28, a client that can open URLs', () => {
  it('is asked to send the person to the approval', async () => {
    const { result } = await send();
    const question = result._meta['sallyport/approval'];
    expect(result).toMatchObject({
      resultType: 'input_required',
      requestState: question.id,
      inputRequests: {
        approval: {
          method: 'elicitation/create',
          params: { mode: 'url', url: question.url, message: expect.stringContaining('Keep the note "hello"') },
        },
      },
    });
    expect(question).toEqual({
      id: expect.stringMatching(/^a_[\w-]{43}$/),
      url: `https://oauth.example.test/approvals/${question.id}`,
      tool: 'note',
      summary: 'Keep the note "hello"',
      effect: 'Changes or removes what is there.',
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(notes).toEqual([]);
  });

  it('calls again after the yes, and the tool runs once', async () => {
    const { result } = await send();
    await decide(result.requestState, 'yes');
    const retry = { requestState: result.requestState, inputResponses: { approval: { action: 'accept' } } };
    expect((await send(retry)).result).toMatchObject({ resultType: 'complete', structuredContent: { kept: 1 } });
    expect((await send(retry)).result.resultType).toBe('input_required');
    expect(notes).toEqual(['hello']);
  });

  it('is asked again while nobody has answered: what the client says is no yes', async () => {
    const { result } = await send();
    const retry = {
      requestState: result.requestState,
      inputResponses: { approval: { action: 'accept', content: { yes: true } } },
    };
    expect((await send(retry)).result.resultType).toBe('input_required');
    expect(notes).toEqual([]);
  });

  it.each(['made up', '', 'A'.repeat(43)])('gets nowhere with another state: %j', async (requestState) => {
    await send();
    expect((await send({ requestState })).result.resultType).toBe('input_required');
    expect(notes).toEqual([]);
  });

  it('cannot use one yes for other arguments by keeping the state', async () => {
    const { result } = await send();
    await decide(result.requestState, 'yes');
    const other = await send({ arguments: { text: 'something else' }, requestState: result.requestState });
    expect(other.result.resultType).toBe('input_required');
    expect(other.result.requestState).not.toBe(result.requestState);
    expect(notes).toEqual([]);
  });

  it.each(['decline', 'cancel'])('ends the call when its dialog says %s', async (action) => {
    await send();
    const { result } = await send({ inputResponses: { approval: { action } } });
    expect(result).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'approval_declined' } } });
  });
});

describe('2026-07-28, a client that cannot', () => {
  it.each([{}, { elicitation: {} }, { elicitation: { form: {} } }])(
    'is told in words where the person can approve: %j',
    async (capabilities) => {
      const { result } = await send({}, { capabilities } as never);
      const question = result._meta['sallyport/approval'];
      expect(result).toMatchObject({
        resultType: 'complete',
        isError: true,
        content: [{ type: 'text', text: expect.stringContaining(question.url) }],
        _meta: { 'sallyport/error': { code: 'approval_required' } },
      });
      await decide(question.id, 'yes');
      expect((await send({}, { capabilities } as never)).result.structuredContent).toEqual({ kept: 1 });
    },
  );
});

describe('2025-11-25 and before', () => {
  it('is told by the error -32042', async () => {
    const { error } = json(await test.app(legacyRequest('tools/call', call)));
    const question = error.data['sallyport/approval'];
    expect(error).toMatchObject({
      code: -32042,
      data: {
        elicitations: [{ mode: 'url', elicitationId: question.id, url: question.url, message: expect.any(String) }],
      },
    });
    await decide(question.id, 'yes');
    expect(json(await test.app(legacyRequest('tools/call', call))).result.structuredContent).toEqual({ kept: 1 });
    expect(notes).toEqual(['hello']);
  });
});

describe('in either era', () => {
  it('a no is a result that says so', async () => {
    const { result } = await send();
    await decide(result.requestState, 'no');
    const refused = json(await test.app(legacyRequest('tools/call', call))).result;
    expect(refused).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'approval_refused' } } });
    expect((await send()).result._meta['sallyport/error'].code).toBe('approval_refused');
    expect(notes).toEqual([]);
  });

  it('each step leaves one line with the approval in it', async () => {
    const { result } = await send();
    await decide(result.requestState, 'yes');
    await send();
    const lines = test.log.lines.filter((line) => line.event === 'tool_call');
    expect(lines.map((line) => [line['outcome'], line['approval']])).toEqual([
      ['approval_required', result.requestState],
      ['completed', result.requestState],
    ]);
  });

  it('arguments that do not fit are refused before anyone is asked', async () => {
    await send({ arguments: { text: 5 } });
    expect((await store.list('approval:')).keys).toEqual([]);
  });
});
