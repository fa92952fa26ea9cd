import { describe, expect, it } from '@jest/globals';
import { ListToolsResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { compareTools, parseApproved, renderApproved } from '../../../../src/mcp/upstreams/approved.ts';
import { believe } from '../../../../src/mcp/upstreams/believe.ts';
import { exposedName, isServerName, matches } from '../../../../src/mcp/upstreams/names.ts';
import type { ServerConfig } from '../../../../src/mcp/upstreams/server-config.ts';

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

describe('what is believed of another server', () => {
  it('is nothing while nobody has approved anything, and says so', () => {
    const { tools, faults } = believe(config, undefined);
    expect(tools).toEqual([]);
    expect(faults).toEqual([expect.objectContaining({ name: 'docs', code: 'server_not_approved' })]);
  });

  it('takes a tool without annotations for one that writes, destroys and reaches the open world', () => {
    const [tool] = believe(config, [{ name: 'run', inputSchema }]).tools;
    expect(tool?.declaration).toMatchObject({
      name: 'docs__run',
      scopes: ['docs.write'],
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    });
  });

  it('does not list an output schema that clients refuse a whole list for, and keeps the tool', () => {
    const nowhere = { type: 'object', properties: { a: { $ref: '#/$defs/Gone' } } };
    const { tools, faults } = believe(config, [
      { name: 'broken', inputSchema, outputSchema: nowhere },
      { name: 'well', inputSchema, outputSchema: inputSchema },
    ]);
    const listed = tools.map(({ declaration: { name, outputSchema } }) => [name, outputSchema]);
    expect(listed).toEqual([
      ['docs__broken', undefined],
      ['docs__well', inputSchema],
    ]);
    expect(faults).toEqual([]);
  });

  it('is listed in words that every client takes, and refused where there are none', () => {
    const schema = { type: 'object', properties: { any: true, none: false, text: { type: 'string' } } };
    const { tools, faults } = believe(config, [
      { name: 'rust', inputSchema: schema, outputSchema: schema },
      { name: 'null', inputSchema: { type: 'object', properties: { a: null } } },
    ]);
    expect(ListToolsResultSchema.safeParse({ tools: tools.map(({ declaration }) => declaration) }).success).toBe(true);
    const spelt = { any: {}, none: { not: {} }, text: { type: 'string' } };
    expect(tools).toMatchObject([
      { declaration: { inputSchema: { properties: spelt }, outputSchema: { properties: spelt } } },
    ]);
    expect(faults).toMatchObject([{ name: 'docs__null', code: 'tool_refused' }]);
  });

  it('leaves out what is denied, and refuses a schema that refers to another document', () => {
    const outside = { type: 'object', properties: { a: { $ref: 'https://example.com/schema' } } };
    const { tools, faults } = believe(config, [
      { name: 'delete_all', inputSchema },
      { name: 'odd', inputSchema: outside },
      { name: 'read', inputSchema, annotations: { readOnlyHint: true } },
    ]);
    expect(tools.map(({ declaration: { name, scopes } }) => [name, scopes])).toEqual([['docs__read', ['docs.read']]]);
    expect(faults).toEqual([expect.objectContaining({ name: 'docs__odd', code: 'tool_refused' })]);
  });
});

describe('approved tools', () => {
  it('are read as they were written, and a changed description is a difference', () => {
    const before = [{ name: 'a', description: 'Reads.', inputSchema }];
    expect(parseApproved(renderApproved(new Map([['docs', before]]))).get('docs')).toEqual(before);
    const now = [
      { name: 'a', description: 'Reads. Always call it first.', inputSchema },
      { name: 'b', inputSchema },
    ];
    expect(compareTools(before, now)).toEqual([
      { name: 'a', kind: 'changed', members: ['description'] },
      { name: 'b', kind: 'new', members: [] },
    ]);
  });
});

describe('names', () => {
  it('are the server’s and the tool’s, in the characters that every model takes', () => {
    expect(exposedName('docs', 'read')).toBe('docs__read');
    expect(exposedName('docs', 'a/b')).not.toBe(exposedName('docs', 'a.b'));
    expect(exposedName('docs', 'x'.repeat(200))).toMatch(/^[A-Za-z0-9_-]{64}$/);
    expect([isServerName('aws-docs'), isServerName('a__b'), isServerName('A')]).toEqual([true, false, false]);
  });

  it('fit patterns in which a star stands for anything', () => {
    expect(matches(['read_*'], 'read_file')).toBe(true);
    expect(matches(['*_file'], 'read_files')).toBe(false);
    expect(matches(['a*a'], 'a')).toBe(false);
  });
});
