import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { Tool, ToolResult } from '../../../src/mcp/tools/tool.ts';
import { hashJson } from '../../../src/trust/canonical-json.ts';
import { createTestApp, json, legacyRequest, modernRequest, PERSON, testCaller } from '../../support/mcp-app.ts';
import { createEchoTool, createNoteTool, createToolOf } from '../../support/mcp-tools.ts';

const CANARY = 'canary-4f1d';

function serve(run: Tool['run'], over: Parameters<typeof createToolOf>[2] = {}) {
  const test = createTestApp({ tools: [createToolOf('probe', run, over)] });
  const call = async (args: object = {}, remainingMs = 30_000) => {
    const request = modernRequest('tools/call', { name: 'probe', arguments: args });
    const answer = await test.app({ ...request, remainingMs });
    return { status: answer.status, ...json(answer), text: String(answer.body) };
  };
  const audit = () => test.log.lines.filter((line) => line.event === 'tool_call');
  return { ...test, call, audit };
}

const done: ToolResult = { text: 'done', structuredContent: {} };

describe('scopes', () => {
  it('a tool whose scope the caller lacks does not run: 403 with a challenge', async () => {
    const notes: string[] = [];
    const caller = { ...testCaller, scopes: ['test.read', 'other.write'] };
    const { app, store } = createTestApp({ tools: [createNoteTool(notes)], callerOf: () => caller });
    const call = { name: 'note', arguments: { text: 'x' } };
    for (const request of [modernRequest('tools/call', call), legacyRequest('tools/call', call)]) {
      const answer = await app(request);
      expect(answer).toMatchObject({
        status: 403,
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="test.write"' },
      });
      expect(json(answer).error).toMatchObject({ code: -32000, data: { code: 'insufficient_scope' } });
    }
    expect(notes).toEqual([]);
    expect((await store.list('approval:')).keys).toEqual([]);
  });

  it('every one of a tool’s scopes is needed', async () => {
    const probe = serve(async () => done, { scopes: ['test.read', 'other.read'] });
    expect((await probe.call()).status).toBe(403);
  });

  it('to write includes to read', async () => {
    const { app } = createTestApp({
      tools: [createEchoTool()],
      callerOf: () => ({ ...testCaller, scopes: ['test.write'] }),
    });
    expect((await app(modernRequest('tools/call', { name: 'echo', arguments: { text: 'x' } }))).status).toBe(200);
  });
});

describe('arguments', () => {
  const inputSchema = {
    type: 'object',
    properties: {
      when: { type: 'string', format: 'date-time' },
      people: { type: 'array', items: { type: 'string', format: 'email' }, maxItems: 2 },
      mode: { enum: ['a', 'b'] },
      count: { type: 'integer', minimum: 1 },
    },
    required: ['when'],
    additionalProperties: false,
  };

  it.each([
    [{}, 'when is missing'],
    [{ when: CANARY }, 'when must have the format date-time'],
    [{ when: 5 }, 'when must be of type string'],
    [{ when: '2026-01-01T00:00:00Z', mode: CANARY }, 'mode must be one of "a", "b"'],
    [{ when: '2026-01-01T00:00:00Z', people: ['x'] }, 'people[0] must have the format email'],
    [{ when: '2026-01-01T00:00:00Z', count: 0 }, 'count must be >= 1'],
    [{ when: '2026-01-01T00:00:00Z', who: CANARY }, 'must not have "who"; known are when, people, mode, count'],
  ])('%j: the answer says which and what is expected, and repeats no value', async (args, words) => {
    let ran = false;
    const probe = serve(
      async () => {
        ran = true;
        return done;
      },
      { inputSchema },
    );
    const { result, text } = await probe.call(args);
    expect(result).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'invalid_arguments' } } });
    expect(result.content[0].text).toContain(words);
    expect(text).not.toContain(CANARY);
    expect(ran).toBe(false);
  });

  it('names several problems at once, but not hundreds', async () => {
    const probe = serve(async () => done, { inputSchema });
    const { result } = await probe.call(
      Object.fromEntries(Array.from({ length: 500 }, (_u, index) => [`x${index}`, 1])),
    );
    expect(result._meta['sallyport/error'].details.problems).toHaveLength(8);
  });

  it('that are absent count as none', async () => {
    const { app } = createTestApp({ tools: [createToolOf('probe', async () => done)] });
    expect(json(await app(modernRequest('tools/call', { name: 'probe' }))).result.content[0].text).toBe('done');
  });
});

describe('what a tool answers', () => {
  it('must fit its output schema, else it is a fault of ours', async () => {
    const outputSchema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const probe = serve(async () => ({ text: 'x', structuredContent: { n: CANARY } }), { outputSchema });
    const { error, text } = await probe.call();
    expect(error).toEqual({ code: -32603, message: 'Internal error', data: { request_id: 'request-1' } });
    expect(probe.log.lines).toContainEqual(
      expect.objectContaining({ event: 'tool_output_invalid', tool: 'probe', problems: ['n must be of type integer'] }),
    );
    expect(text + JSON.stringify(probe.log.lines)).not.toContain(CANARY);
  });

  it('without structured content is a fault of ours too', async () => {
    expect((await serve(async () => ({ text: 'x' })).call()).error.code).toBe(-32603);
  });

  it('may be a failure, with its code', async () => {
    const probe = serve(async () => ({ isError: true, code: 'reconnect_required', text: 'Connect again.' }));
    const { result } = await probe.call();
    expect(result).toEqual({
      resultType: 'complete',
      isError: true,
      content: [{ type: 'text', text: 'Connect again.' }],
      _meta: expect.objectContaining({ 'sallyport/error': { code: 'reconnect_required', request_id: 'request-1' } }),
    });
    expect(probe.audit()[0]).toMatchObject({ outcome: 'reconnect_required' });
  });

  it('may carry further blocks after its text', async () => {
    const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' };
    const probe = serve(async () => ({ ...done, content: [image] }));
    expect((await probe.call()).result.content).toEqual([{ type: 'text', text: 'done' }, image]);
  });
});

describe('a tool that fails', () => {
  it('with an AppError tells its words and what to do', async () => {
    const details = { url: 'https://oauth.test/connect' };
    const probe = serve(async () => {
      throw new AppError('reconnect_required', 'Connect Google again.', { details });
    });
    const { result } = await probe.call();
    expect(result.content[0].text).toBe('Connect Google again.');
    expect(result._meta['sallyport/error']).toEqual({ code: 'reconnect_required', request_id: 'request-1', details });
  });

  it.each([
    new Error(CANARY),
    new Error(`x\n    at ${CANARY}`),
    new AppError('internal', CANARY),
    new AppError('misconfigured', CANARY),
    CANARY,
  ])('with anything else tells nothing: %p', async (thrown) => {
    const probe = serve(async () => {
      throw thrown;
    });
    const { error, text } = await probe.call();
    expect(error.code).toBe(-32603);
    expect(probe.audit()[0]).toMatchObject({ outcome: 'internal' });
    expect(text + JSON.stringify(probe.log.lines)).not.toContain(CANARY);
  });

  it('to end in time is answered for, and its signal aborts', async () => {
    let signal: AbortSignal | undefined;
    const probe = serve((_args, context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    const { result } = await probe.call({}, 520);
    expect(result._meta['sallyport/error'].code).toBe('timed_out');
    expect(signal?.aborted).toBe(true);
  });
});

describe('a caller who will not wait for ever', () => {
  const createWaiting = () => {
    const seen: { signal?: AbortSignal } = {};
    const tool = createToolOf('wait', (_args, { signal }) => {
      seen.signal = signal;
      return new Promise(() => undefined);
    });
    return { seen, ...createTestApp({ tools: [tool] }) };
  };

  it('is answered before they give up, and the tool is told', async () => {
    const { app, seen } = createWaiting();
    const headers = { 'sallyport-timeout-ms': '60' };
    const { result } = json(await app(modernRequest('tools/call', { name: 'wait' }, { headers })));
    expect(result._meta['sallyport/error'].code).toBe('timed_out');
    expect(seen.signal?.aborted).toBe(true);
  });

  it('cannot make a call last longer than the platform lets it', async () => {
    const { app } = createWaiting();
    const request = modernRequest('tools/call', { name: 'wait' }, { headers: { 'sallyport-timeout-ms': '9000000' } });
    const { result } = json(await app({ ...request, remainingMs: 60 }));
    expect(result._meta['sallyport/error'].code).toBe('timed_out');
  });

  it('and leaves, ends the tool’s work', async () => {
    const { app, seen } = createWaiting();
    const gone = new AbortController();
    const answered = app({ ...modernRequest('tools/call', { name: 'wait' }), clientGone: gone.signal });
    gone.abort();
    expect(json(await answered).result.isError).toBe(true);
    expect(seen.signal?.aborted).toBe(true);
  });
});

describe('the audit line', () => {
  it('says who, for whom, what and how it ended, and nothing of what it was about', async () => {
    const caller = { ...testCaller, door: 'agent' as const, agent: 'agent/assistant', certificateSerial: 'AB12' };
    const test = createTestApp({ tools: [createEchoTool()], callerOf: () => caller });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const headers = { traceparent };
    await test.app(modernRequest('tools/call', { name: 'echo', arguments: { text: CANARY } }, { headers }));
    expect(test.log.lines).toEqual([
      {
        level: 'info',
        event: 'tool_call',
        request_id: 'request-1',
        traceparent,
        door: 'agent',
        person: PERSON,
        agent: 'agent/assistant',
        certificate_serial: 'AB12',
        tainted: false,
        tool: 'echo',
        arguments_hash: hashJson({ text: CANARY }),
        approval: undefined,
        outcome: 'completed',
        milliseconds: expect.any(Number),
      },
      { level: 'metric', event: 'ToolCall', tool: 'echo', outcome: 'completed', value: 1 },
    ]);
  });

  it('is written for refusals as well, and never with a name that the caller made up', async () => {
    const test = createTestApp({ tools: [createEchoTool()] });
    await test.app(modernRequest('tools/call', { name: CANARY, arguments: {} }));
    await test.app(modernRequest('tools/call', { name: 'echo', arguments: {} }));
    const lines = test.log.lines.filter((line) => line.event === 'tool_call');
    expect(lines.map((line) => [line['tool'], line['outcome']])).toEqual([
      ['unknown', 'unknown_tool'],
      ['echo', 'invalid_arguments'],
    ]);
    expect(JSON.stringify(test.log.lines)).not.toContain(CANARY);
  });

  it('takes no trace context that is none', async () => {
    const test = createTestApp({ tools: [createEchoTool()] });
    const headers = { traceparent: CANARY };
    await test.app(modernRequest('tools/call', { name: 'echo', arguments: { text: 'x' } }, { headers }));
    expect(JSON.stringify(test.log.lines)).not.toContain(CANARY);
  });
});
