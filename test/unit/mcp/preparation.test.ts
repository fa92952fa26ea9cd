import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { Tool } from '../../../src/mcp/tools/tool.ts';
import { createTestApp, json, modernRequest } from '../../support/mcp-app.ts';
import { createNoteTool } from '../../support/mcp-tools.ts';

// What a tool looks at before a person is asked.

function serve(prepare: NonNullable<Tool['prepare']>) {
  const notes: string[] = [];
  const test = createTestApp({ tools: [{ ...createNoteTool(notes), prepare }] });
  const call = async () => {
    const answer = await test.app(modernRequest('tools/call', { name: 'note', arguments: { text: 'x' } }));
    return { text: String(answer.body), ...json(answer) };
  };
  const questions = async () => (await test.store.list('approval:')).keys.length;
  return { call, questions, notes };
}

describe('a write that needs a yes', () => {
  it('is asked for in the words the tool found, and looked at once while the question is open', async () => {
    let looks = 0;
    const world = serve(async () => {
      looks += 1;
      return { summary: 'Keep the note that Ann wrote' };
    });
    expect((await world.call()).text).toContain('Keep the note that Ann wrote');
    expect((await world.call()).text).toContain('Keep the note that Ann wrote');
    expect([looks, await world.questions(), world.notes]).toEqual([1, 1, []]);
  });

  it('is not asked for at all when the tool cannot do it anyway', async () => {
    const refusal = { isError: true, code: 'not_found', text: 'There is no such note.' };
    const world = serve(async () => ({ refusal }));
    const answer = await world.call();
    expect(answer.result).toMatchObject({ isError: true, content: [{ type: 'text', text: refusal.text }] });
    expect([await world.questions(), world.notes]).toEqual([0, []]);
  });

  it('is neither asked for nor done when the look fails', async () => {
    const world = serve(() => Promise.reject(new AppError('unavailable', 'Try again later.')));
    expect((await world.call()).result).toMatchObject({ isError: true });
    expect([await world.questions(), world.notes]).toEqual([0, []]);
  });
});
