import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeApproved } from '../../../../src/cli/servers/write-approved.ts';
import { parseApproved } from '../../../../src/mcp/upstreams/approved.ts';

const inputSchema = { type: 'object' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-approved-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const read = () => parseApproved(readFileSync(join(folder, 'approved.json'), 'utf8'));

describe('approved.json', () => {
  it('is made with the first approval, and leaves nothing else behind', () => {
    writeApproved(folder, 'docs', [{ name: 'a', inputSchema }]);
    expect(read().get('docs')).toEqual([{ name: 'a', inputSchema }]);
    expect(readdirSync(folder)).toEqual(['approved.json']);
  });

  it('gets one server’s entry anew and keeps the others’', () => {
    writeApproved(folder, 'docs', [{ name: 'a', inputSchema }]);
    writeApproved(folder, 'time', [{ name: 'b', inputSchema }]);
    writeApproved(folder, 'docs', [{ name: 'c', inputSchema }]);
    expect([...read()].map(([name, tools]) => [name, tools.map((tool) => tool.name)])).toEqual([
      ['docs', ['c']],
      ['time', ['b']],
    ]);
  });

  it('is not written over when what stands there cannot be read', () => {
    writeFileSync(join(folder, 'approved.json'), '{"v": 2}');
    expect(() => writeApproved(folder, 'docs', [])).toThrow(/approved\.json cannot be read/);
    expect(readFileSync(join(folder, 'approved.json'), 'utf8')).toBe('{"v": 2}');
  });

  it('stays as it is when what would be written could not be read again', () => {
    writeApproved(folder, 'docs', [{ name: 'a', inputSchema }]);
    expect(() => writeApproved(folder, 'docs', [{ name: '', inputSchema }])).toThrow(/cannot be read/);
    expect(read().get('docs')).toEqual([{ name: 'a', inputSchema }]);
  });
});
