import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serversFolder } from '../../../build/servers-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-servers-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('what the zip holds of servers/', () => {
  it('is nothing where there is no folder', () => {
    expect(serversFolder(join(root, 'absent'))).toEqual({});
  });

  it('is the list, what was approved, and which folders there are, without their code', () => {
    for (const folder of ['own', 'web', 'notes']) mkdirSync(join(root, folder));
    writeFileSync(join(root, 'mcp.json'), '{"mcpServers":{}}');
    writeFileSync(join(root, 'approved.json'), '{}');
    writeFileSync(join(root, '.env'), 'KEY=canary');
    writeFileSync(join(root, 'own/main.py'), 'print("canary")');
    writeFileSync(join(root, 'own/helper.py'), '');
    writeFileSync(join(root, 'web/package.json'), '{"main":"x.js"}');
    writeFileSync(join(root, 'web/x.js'), 'canary');
    const files = serversFolder(root);
    expect(Object.keys(files)).toEqual([
      'servers/approved.json',
      'servers/mcp.json',
      'servers/own/main.py',
      'servers/web/package.json',
    ]);
    expect(Buffer.concat(Object.values(files)).toString()).not.toContain('canary');
  });
});
