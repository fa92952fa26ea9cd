import { describe, expect, it } from '@jest/globals';
import { describeTool, describeTools } from '../../../../src/cli/servers/describe-servers.ts';
import { wayOf } from '../../../../src/cli/servers/server-state.ts';
import { createStyle } from '../../../../src/cli/style.ts';
import { compareOffer } from '../../../../src/mcp/upstreams/offer.ts';
import type { Launch, ServerConfig } from '../../../../src/mcp/upstreams/server-config.ts';

/** A placeholder. */
const KEY = '$'.concat('{secret:key}');
const style = createStyle({ environment: {}, isTerminal: false });
/** A line feed parts the lines here. */
const UNSEEN = /[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u;
const child: Launch = { kind: 'child', command: 'node', args: ['a b.mjs', KEY], env: {}, cwd: '/' };
const configOf = (launch: Launch): ServerConfig => ({
  name: 'docs',
  toolset: 'docs',
  launch,
  passes: [],
  tenant: 'none',
  allow: ['*'],
  deny: [],
  scopes: {},
  annotations: {},
  timeoutMs: 1000,
  concurrency: 1,
});
const inputSchema = { type: 'object', description: 'Hidden\u202e deep in\u001b[2J a schema' };

describe('a server’s words on a terminal', () => {
  const [tool] = compareOffer(
    configOf(child),
    [],
    [{ name: 'a\u001b[1A\nb', description: 'Good.\r\u001b[2K\u200bBad.', inputSchema }],
  );
  if (tool === undefined) throw new Error('no tool');

  it('are shown whole, schema and all, with every unseen character spelled out', () => {
    const lines = describeTool(tool, style).join('\n');
    expect(lines).toContain('Good.\\u000d\\u001b[2K\\u200bBad.');
    expect(lines).toContain('Hidden\\u202e deep in');
    expect(lines).not.toMatch(UNSEEN);
  });

  it('cannot forge a line of a list', () => {
    expect(describeTools([tool])).toHaveLength(1);
    expect(describeTools([tool]).join('')).not.toMatch(UNSEEN);
  });
});

describe('the way to a server', () => {
  it('is a command that can be run by hand, with placeholders as they are', () => {
    expect(wayOf(configOf(child))).toBe(`node 'a b.mjs' '${KEY}'`);
  });

  it('shows of an address no user, no query and no header', () => {
    const headers = { 'x-key': 'secret' };
    const url = 'https://user:pass@mcp.example.com/mcp?key=secret';
    expect(wayOf(configOf({ kind: 'http', url, headers, auth: { kind: 'none' } }))).toBe('https://mcp.example.com/mcp');
  });
});
