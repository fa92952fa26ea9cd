import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { type ApprovalsDeps, createApprovals } from '../../../src/mcp/approvals.ts';
import type { Caller } from '../../../src/mcp/caller.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { approvalId, approvalKey, approvalRecord, decisionKey } from '../../../src/trust/approval.ts';
import { OTHER_PERSON, PERSON, testCaller } from '../../support/mcp-app.ts';
import { createEchoTool, createNoteTool } from '../../support/mcp-tools.ts';

const write = createNoteTool([]);
const read = createEchoTool();
const args = { text: 'hello' };

let nowMs = 0;
let drawn = 0;
let store: KeyValueStore;
const clock = { nowMs: () => nowMs };
const random = {
  bytes: (count: number) => {
    drawn += 1;
    return new Uint8Array(count).fill(drawn);
  },
};

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  drawn = 0;
  store = createMemoryStore({ clock });
});

function approvals(over: Partial<ApprovalsDeps> = {}) {
  const approvalUrl = (id: string) => `https://oauth.test/approvals/${id}`;
  return createApprovals({ store, clock, random, confirm: 'writes', approvalUrl, ...over });
}

const idOf = (caller: Caller = testCaller, given: Readonly<Record<string, unknown>> = args) =>
  approvalId({ person: caller.person, agent: caller.agent, tool: 'note', arguments: given });

async function question(id: string, person = PERSON) {
  const raw = await store.get(approvalKey(person, id));
  return raw === undefined ? undefined : approvalRecord.parse(JSON.parse(raw));
}

async function answer(id: string, decision: 'yes' | 'no', over: { instance?: string; person?: string } = {}) {
  const person = over.person ?? PERSON;
  const instance = over.instance ?? (await question(id, person))?.instance ?? 'none';
  const record = { v: 1, id, instance, decision, decided_at: 1, by: 'token:test' };
  await store.set(decisionKey(person, id), JSON.stringify(record));
}

describe('a question’s id', () => {
  it('can be typed after a command: no hash of it makes it look like an option', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => idOf(testCaller, { text: String(index) }));
    expect(ids.filter((id) => id.includes('_-')).length).toBeGreaterThan(0);
    for (const id of ids) expect(id).toMatch(/^[a-z]/);
  });
});

describe('what needs a yes', () => {
  it.each([
    ['never', false, false],
    ['writes', false, true],
    ['always', true, true],
  ] as const)('confirm %s: read %p, write %p', async (confirm, forRead, forWrite) => {
    const kind = (needs: boolean) => (needs ? 'required' : 'allowed');
    expect((await approvals({ confirm }).decide(read, args, testCaller)).kind).toBe(kind(forRead));
    expect((await approvals({ confirm }).decide(write, args, testCaller)).kind).toBe(kind(forWrite));
  });
});

describe('a read of the open world', () => {
  const declared = read.declaration;
  const outside = {
    ...read,
    declaration: { ...declared, annotations: { ...declared.annotations, openWorldHint: true } },
  };
  const tainted: Caller = { ...testCaller, tainted: true };

  it.each([
    ['never', true, 'allowed'],
    ['writes', true, 'required'],
    ['writes', false, 'allowed'],
    ['always', false, 'required'],
  ] as const)('confirm %s, tainted %p: %s', async (confirm, isTainted, kind) => {
    const caller = { ...testCaller, tainted: isTainted };
    expect((await approvals({ confirm }).decide(outside, args, caller)).kind).toBe(kind);
  });

  it('is the only one that private data behind it makes a question of', async () => {
    expect((await approvals().decide(read, args, tainted)).kind).toBe('allowed');
  });

  it('shows the person what would go out, and goes out once for one yes', async () => {
    const subject = { person: PERSON, agent: testCaller.agent, tool: 'echo', arguments: args };
    const id = approvalId(subject);
    expect(await approvals().decide(outside, args, tainted)).toMatchObject({
      kind: 'required',
      question: { id, summary: 'Echo: text “hello”' },
    });
    await answer(id, 'yes');
    expect(await approvals().decide(outside, args, tainted)).toEqual({ kind: 'allowed', id });
    expect((await approvals().decide(outside, args, tainted)).kind).toBe('required');
  });

  it('quotes nothing that its reader would take for an image, a link or a tag', async () => {
    const text = '![x](https://evil.example/4711) [Yes](https://evil.example) <img src=x>';
    expect(await approvals().decide(outside, { text }, tainted)).toMatchObject({
      question: {
        summary: 'Echo: text “! [x] (https://evil.example/4711) [Yes] (https://evil.example) ‹img src=x>”',
      },
    });
  });

  it('is not asked of a caller whom nothing taints, even while the question is open', async () => {
    await approvals().decide(outside, args, tainted);
    expect(await approvals().decide(outside, args, testCaller)).toEqual({ kind: 'allowed' });
  });
});

describe('a question', () => {
  it('says what will happen, where to answer, and until when', async () => {
    expect(await approvals().decide(write, args, testCaller)).toEqual({
      kind: 'required',
      question: {
        id: idOf(),
        url: `https://oauth.test/approvals/${idOf()}`,
        tool: 'note',
        summary: 'Keep the note "hello"',
        effect: 'Changes or removes what is there.',
        expires_at: new Date(nowMs + 600_000).toISOString(),
      },
    });
    expect(await question(idOf())).toMatchObject({
      person: PERSON,
      agent: testCaller.agent,
      arguments: '{"text":"hello"}',
    });
  });

  it('stays the same one when it is asked again, until it expires', async () => {
    const first = await approvals().decide(write, args, testCaller);
    const { instance } = (await question(idOf())) ?? {};
    nowMs += 599_000;
    expect(await approvals().decide(write, args, testCaller)).toEqual(first);
    expect((await question(idOf()))?.instance).toBe(instance);
    nowMs += 1_000;
    await approvals().decide(write, args, testCaller);
    expect((await question(idOf()))?.instance).not.toBe(instance);
  });

  it('is asked once by calls at the same time', async () => {
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => approvals().decide(write, args, testCaller)));
    expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
  });

  it('is the same for the same arguments in another order', async () => {
    await approvals().decide(write, { a: 1, b: { c: 2, d: 3 } }, testCaller);
    const again = await approvals().decide(write, { b: { d: 3, c: 2 }, a: 1 }, testCaller);
    expect(again).toMatchObject({ question: { id: idOf(testCaller, { a: 1, b: { c: 2, d: 3 } }) } });
    expect((await store.list('approval:')).keys).toHaveLength(1);
  });
});

describe('questions without end', () => {
  const ask = (text: string, caller: Caller = testCaller) => approvals().decide(write, { text }, caller);

  it('are refused past what a person can answer, and their store hold, until the next ten minutes', async () => {
    for (let asked = 0; asked < 300; asked += 1) await ask(`note ${asked}`);
    await expect(ask('one more')).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: expect.any(Number),
    });
    expect((await store.list('approval:', { limit: 1000 })).keys).toHaveLength(300);
    nowMs += 600_000;
    expect((await ask('one more')).kind).toBe('required');
  });

  it('shut out neither what was asked already, nor another agent, nor another person', async () => {
    for (let asked = 0; asked < 300; asked += 1) await ask(`note ${asked}`);
    await answer(idOf(testCaller, { text: 'note 7' }), 'yes');
    expect((await ask('note 7')).kind).toBe('allowed');
    expect((await ask('note 8')).kind).toBe('required');
    expect((await ask('x', { ...testCaller, agent: 'agent/other' })).kind).toBe('required');
    expect((await ask('x', { ...testCaller, person: OTHER_PERSON })).kind).toBe('required');
  });

  it('are counted once, however many calls ask the same at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => ask(`note ${round}`)));
    }
    expect((await ask('one more')).kind).toBe('required');
  });

  it('are refused when nobody could read them', async () => {
    await expect(ask('x'.repeat(32_769))).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await store.list('approval:')).keys).toEqual([]);
    expect((await ask('x'.repeat(30_000))).kind).toBe('required');
  });
});

describe('a yes', () => {
  it('lets exactly one call through', async () => {
    await approvals().decide(write, args, testCaller);
    await answer(idOf(), 'yes');
    expect(await approvals().decide(write, args, testCaller)).toEqual({ kind: 'allowed', id: idOf() });
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('required');
  });

  it('lets one of fifty calls at the same time through', async () => {
    await approvals().decide(write, args, testCaller);
    await answer(idOf(), 'yes');
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => approvals().decide(write, args, testCaller)));
    expect(verdicts.filter((verdict) => verdict.kind === 'allowed')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict.kind === 'required')).toHaveLength(49);
  });

  it('expires with its question', async () => {
    await approvals().decide(write, args, testCaller);
    await answer(idOf(), 'yes');
    nowMs += 600_000;
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('required');
  });

  it('to an earlier asking does not answer a later one', async () => {
    await approvals().decide(write, args, testCaller);
    const { instance = '' } = (await question(idOf())) ?? {};
    await answer(idOf(), 'yes');
    await approvals().decide(write, args, testCaller);
    await approvals().decide(write, args, testCaller);
    await answer(idOf(), 'yes', { instance });
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('required');
  });

  it('given before anything was asked lets nothing through', async () => {
    await answer(idOf(), 'yes');
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('required');
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('required');
  });

  it.each([
    ['other arguments', { ...testCaller }, { text: 'hello!' }],
    ['another agent', { ...testCaller, agent: 'agent/other' }, args],
    ['another person', { ...testCaller, person: OTHER_PERSON }, args],
  ])('is not one for %s', async (_what, caller, given) => {
    await approvals().decide(write, args, testCaller);
    await answer(idOf(), 'yes');
    expect((await approvals().decide(write, given, caller)).kind).toBe('required');
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('allowed');
  });

  it('copied to another person’s key does not count', async () => {
    const other = { ...testCaller, person: OTHER_PERSON };
    await approvals().decide(write, args, testCaller);
    await approvals().decide(write, args, other);
    const { instance = '' } = (await question(idOf())) ?? {};
    await answer(idOf(other), 'yes', { instance, person: OTHER_PERSON });
    expect((await approvals().decide(write, args, other)).kind).toBe('required');
  });
});

describe('a no', () => {
  it('stays a no until the question expires, and then it is asked anew', async () => {
    await approvals().decide(write, args, testCaller);
    await answer(idOf(), 'no');
    expect(await approvals().decide(write, args, testCaller)).toEqual({ kind: 'refused', id: idOf() });
    expect(await approvals().decide(write, args, testCaller)).toEqual({ kind: 'refused', id: idOf() });
    nowMs += 600_000;
    expect((await approvals().decide(write, args, testCaller)).kind).toBe('required');
  });
});

describe('a store that fails', () => {
  it('lets nothing through', async () => {
    await store.close();
    await expect(approvals().decide(write, args, testCaller)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('with a damaged record is a fault, not an absent question', async () => {
    await store.set(approvalKey(PERSON, idOf()), '{"v":2}');
    await expect(approvals().decide(write, args, testCaller)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('what a person is told beside the line', () => {
  const declare = (tool: typeof write, annotations: Partial<(typeof write)['declaration']['annotations']>) => ({
    ...tool,
    declaration: { ...tool.declaration, annotations: { ...tool.declaration.annotations, ...annotations } },
  });
  const told = async (tool: typeof write) => {
    const verdict = await approvals({ confirm: 'always' }).decide(tool, args, testCaller);
    return question(verdict.kind === 'required' ? verdict.question.id : '');
  };

  it.each([
    [{ readOnlyHint: false, destructiveHint: false, openWorldHint: false }, /^Adds something.*as it is\.$/],
    [{ readOnlyHint: false, destructiveHint: true, openWorldHint: false }, /^Changes or removes what is there\.$/],
    [{ readOnlyHint: false, destructiveHint: true, openWorldHint: true }, /Others may see it/],
    [{ readOnlyHint: true, openWorldHint: true }, /to a service outside/],
    [{ readOnlyHint: true, openWorldHint: false }, /^Only reads/],
  ])('follows from what the tool declares: %j', async (annotations, words) => {
    expect((await told(declare(write, annotations)))?.effect).toMatch(words);
  });

  it('says how it is taken back, where something does', async () => {
    expect((await told({ ...write, undo: 'Delete the note.' }))?.undo).toBe('Delete the note.');
    await store.compareAndDelete(approvalKey(PERSON, idOf()), (await store.get(approvalKey(PERSON, idOf()))) ?? '');
    expect(await told(write)).not.toHaveProperty('undo');
  });
});
