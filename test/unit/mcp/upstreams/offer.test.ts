import { describe, expect, it } from '@jest/globals';
import { approvedAfter, compareOffer, openChanges } from '../../../../src/mcp/upstreams/offer.ts';
import type { ServerConfig } from '../../../../src/mcp/upstreams/server-config.ts';
import type { UpstreamTool } from '../../../../src/ports/upstream.ts';

const config: ServerConfig = {
  name: 'docs',
  toolset: 'docs',
  launch: { kind: 'child', command: 'node', args: [], env: {}, cwd: '/' },
  passes: [],
  tenant: 'none',
  allow: ['*'],
  deny: ['delete_*'],
  scopes: {},
  annotations: {},
  timeoutMs: 1000,
  concurrency: 1,
};
const inputSchema = { type: 'object' };
const tool = (name: string, over: Partial<UpstreamTool> = {}): UpstreamTool => ({ name, inputSchema, ...over });
const statesOf = (approved: readonly UpstreamTool[], present?: readonly UpstreamTool[]) =>
  Object.fromEntries(compareOffer(config, approved, present).map(({ name, state }) => [name, state]));
const outside = { type: 'object', properties: { a: { $ref: 'https://example.com/schema' } } };

describe('what a server offers beside what was approved', () => {
  it('is told tool by tool', () => {
    const approved = [tool('same'), tool('other', { description: 'Reads.' }), tool('away')];
    const present = [
      tool('same'),
      tool('other', { description: 'Reads. Call it first.' }),
      tool('more'),
      tool('delete_all'),
      tool('odd', { inputSchema: outside }),
    ];
    expect(statesOf(approved, present)).toEqual({
      same: 'approved',
      other: 'changed',
      away: 'gone',
      more: 'new',
      delete_all: 'denied',
      odd: 'refused',
    });
  });

  it('is only what was approved where nobody asked', () => {
    expect(statesOf([tool('a')])).toEqual({ a: 'approved' });
  });

  it('cannot be approved in a name that is listed twice or that is too long', () => {
    const long = 'x'.repeat(257);
    expect(statesOf([], [tool('a'), tool('a', { description: 'Another.' }), tool(long), tool('')])).toEqual({
      a: 'refused',
      [long]: 'refused',
      '': 'refused',
    });
  });

  it('asks for a look at what is new, changed or gone, and at what was approved and cannot be any more', () => {
    const approved = [tool('same'), tool('away'), tool('odd')];
    const present = [tool('same'), tool('more'), tool('odd', { inputSchema: outside }), tool('delete_all')];
    const open = openChanges(compareOffer(config, approved, present));
    expect(open.map(({ name, state }) => [name, state])).toEqual([
      ['away', 'gone'],
      ['more', 'new'],
      ['odd', 'refused'],
    ]);
  });
});

describe('an approval', () => {
  const approved = [tool('other', { description: 'Reads.' }), tool('away')];
  const present = [
    { ...tool('other', { description: 'Writes.' }), icons: ['unseen'] },
    tool('more'),
    tool('odd', { inputSchema: outside }),
  ];
  const offer = compareOffer(config, approved, present);

  it('takes what is there now, without what nobody was shown and what cannot be offered', () => {
    expect(approvedAfter(offer)).toEqual([tool('more'), tool('other', { description: 'Writes.' })]);
  });

  it('of one tool leaves the others as they were', () => {
    expect(approvedAfter(offer, (name) => name === 'more')).toEqual([
      tool('away'),
      tool('more'),
      tool('other', { description: 'Reads.' }),
    ]);
  });
});
