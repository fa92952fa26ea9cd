import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { manifestScopes } from '../../support/slack.ts';

// slack/manifest.yaml, and the command that prints it.

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['scripts/slack-manifest.ts', ...args], { cwd: root, encoding: 'utf8' });

describe('the manifest of the Slack app', () => {
  it('is printed with the addresses of one’s own OAuth API, which its document knows', () => {
    const { stdout, status } = run('https://oauth.example.com/');
    expect(status).toBe(0);
    const addresses = [...stdout.matchAll(/https:\/\/\S+/g)].map(([address]) => address);
    expect([...addresses].sort()).toEqual(
      ['commands', 'events', 'interactions'].map((kind) => `https://oauth.example.com/slack/${kind}`),
    );
    const documented = readFileSync(`${root}docs/openapi/oauth.yaml`, 'utf8');
    for (const address of addresses) expect(documented).toContain(`\n  ${new URL(address).pathname}:\n`);
  });

  it.each([[], [''], ['http://oauth.example.com'], ['https://oauth.example.com/base'], ['oauth.example.com']])(
    'is not printed for %j',
    (...args) => {
      const { stdout, stderr, status } = run(...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('make slack-manifest URL=');
    },
  );

  it('asks for what is used and nothing more', () => {
    // The end-to-end tests run on an emulator that holds every call to these.
    expect([...manifestScopes()].sort()).toEqual([
      'app_mentions:read',
      'chat:write',
      'commands',
      'im:history',
      'im:write',
      'users:read',
    ]);
  });
});
