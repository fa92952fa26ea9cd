import { describe, expect, it } from '@jest/globals';
import { createCatalogBuilder } from '../../../src/agent/tool-catalog.ts';
import { FIND_TOOLS, MOST_AT_HAND, toolsAtHand } from '../../../src/agent/tools-at-hand.ts';
import type { StoredMessage } from '../../../src/agent/turn-record.ts';
import { FIND_TOOLS as FINDER_OF_THE_MCP_API } from '../../../src/mcp/tools/find/find-tools.ts';
import type { ListedTool } from '../../../src/ports/tool-client.ts';
import { toolHash } from '../../../src/trust/tool-hash.ts';
import { createTestLog } from '../../support/log.ts';

const tool = (name: string): ListedTool => ({ name, description: `Does ${name}.`, inputSchema: { type: 'object' } });
const hashes = (tools: readonly ListedTool[]) => Object.fromEntries(tools.map((one) => [one.name, toolHash(one)]));

const own = [tool('listevents'), tool('get_weather')];
const finder = tool(FIND_TOOLS);
const theirs = (count: number) => Array.from({ length: count }, (_, index) => tool(`mail__t${index}`));

function catalogOf(others: readonly ListedTool[], withFinder = true) {
  const approved = withFinder ? [finder, ...others] : others;
  return createCatalogBuilder(hashes(own), hashes(approved))([...own, ...approved], createTestLog());
}

const names = (catalog: ReturnType<typeof catalogOf>, messages: readonly StoredMessage[]) =>
  toolsAtHand(catalog, messages).map(({ name }) => name);

const asked: StoredMessage = { role: 'user', text: 'What is in my mails?' };
const found = (...tools: readonly unknown[]): StoredMessage => ({
  role: 'tool',
  call_id: 'call_1',
  name: FIND_TOOLS,
  text: '',
  is_error: false,
  data: { tools },
});

describe('what a model is shown', () => {
  it('is searched by the tool that the MCP API has for it', () => {
    expect(FIND_TOOLS).toBe(FINDER_OF_THE_MCP_API);
  });

  it('is everything while there are few tools', () => {
    const catalog = catalogOf(theirs(MOST_AT_HAND - 3));
    expect(names(catalog, [asked])).toHaveLength(MOST_AT_HAND);
  });

  it('is our own tools and the search past forty, until a search has named others', () => {
    const catalog = catalogOf(theirs(MOST_AT_HAND - 2));
    expect(names(catalog, [asked])).toEqual(['listevents', 'get_weather', FIND_TOOLS]);
    const after = [asked, found({ name: 'mail__t7' }, { name: 'mail__t3' }, { name: 'listevents' })];
    expect(names(catalog, after)).toEqual(['listevents', 'get_weather', FIND_TOOLS, 'mail__t3', 'mail__t7']);
    expect(catalog.tools.has('mail__t8')).toBe(true);
  });

  it('keeps what was called before, whoever named it', () => {
    const called: StoredMessage = {
      role: 'assistant',
      text: '',
      calls: [{ id: 'c', name: 'mail__t9', arguments: {} }],
    };
    expect(names(catalogOf(theirs(60)), [asked, called])).toContain('mail__t9');
  });

  it('has nothing that a search made up, nothing of a failed one, and no more than a limit', () => {
    const catalog = catalogOf(theirs(100));
    const odd = found({ name: 'mail__t100' }, { name: 7 }, null, 'mail__t1');
    expect(names(catalog, [odd, { ...found({ name: 'mail__t1' }), is_error: true } as StoredMessage])).toHaveLength(3);
    const all = found(...theirs(100).map(({ name }) => ({ name })));
    expect(names(catalog, [all])).toHaveLength(3 + 40);
  });

  it('is everything where there is no search', () => {
    expect(names(catalogOf(theirs(60), false), [asked])).toHaveLength(62);
  });
});
