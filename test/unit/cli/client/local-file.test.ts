import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { LOCAL_FILE, readLocalFile } from '../../../../src/cli/client/local-file.ts';

// The file is looked for in the folder that a command is run in, which may be somebody else's: whatever it says, nothing leaves this machine by it.

const home = mkdtempSync(join(tmpdir(), 'sallyport-local-file-'));
afterAll(() => rmSync(home, { recursive: true }));

const at = (url: string) => ({ url, token: 'sp_x' });
const written = {
  agent: at('http://127.0.0.1:8401'),
  mcp: {
    url: 'https://localhost:8402/mcp',
    ca: 'ca.pem',
    cert: 'cert.pem',
    key: 'key.pem',
    key_id: 'k',
    secret: 's',
    trust_domain: 'local.test',
    scopes: ['calendar.read'],
  },
  key_door: at('http://[::1]:8404/mcp'),
  oauth_door: { url: 'http://127.0.0.1:8406/mcp' },
  oauth: at('http://127.0.0.1:8403'),
  google: { url: 'http://127.0.0.1:8405' },
  slack: { url: 'http://127.0.0.1:8403/slack/events', signing_secret: 's', team: 'T1', user: 'U1' },
  person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV',
};

function read(content: object) {
  writeFileSync(join(home, LOCAL_FILE), JSON.stringify(content));
  return readLocalFile(home);
}

describe('the file of the system on this machine', () => {
  it('names addresses of this machine', () => {
    expect(read(written)).toEqual(written);
  });

  it('is none where there is no such file', () => {
    expect(readLocalFile(join(home, 'elsewhere'))).toBeUndefined();
  });

  it.each([
    ['agent', 'https://agent.evil.example'],
    ['oauth', 'https://oauth.evil.example'],
    ['key_door', 'http://127.0.0.1.evil.example/mcp'],
    ['agent', 'http://127.0.0.1@evil.example'],
    ['agent', 'nowhere'],
  ])('leads nobody away: %s at %s', (api, url) => {
    expect(() => read({ ...written, [api]: at(url) })).toThrow('cannot be read');
  });

  it('leads no client of the agents’ door away', () => {
    expect(() => read({ ...written, mcp: { ...written.mcp, url: 'https://evil.example/mcp' } })).toThrow();
  });
});
