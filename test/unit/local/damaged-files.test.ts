import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { localPerson } from '../../../src/local/accounts.ts';
import { createStateFile } from '../../../src/local/google/state-file.ts';
import { openHome } from '../../../src/local/home.ts';
import { ensureLocalPerson } from '../../../src/local/person.ts';
import { ensurePki } from '../../../src/local/pki.ts';
import { ensureSecrets } from '../../../src/local/secrets.ts';
import { createOperator } from '../../../src/operator/operator.ts';
import { systemRandom } from '../../support/vault.ts';

// What a person is told who starts the local system over a file that is damaged: its name and what to do, and nothing of it is overwritten.

const clock = { nowMs: () => Date.now() };
const random = systemRandom;
let folder: string;
const file = (name: string): string => join(folder, name);

/** Everything that is read at a start. */
async function readAll(): Promise<void> {
  const home = openHome(folder);
  await ensurePki({ home, clock, random });
  ensureSecrets(home, random);
  const operator = createOperator({ store: createMemoryStore({ clock }), clock, random });
  await ensureLocalPerson(home, operator, { account: localPerson, scopes: ['calendar.read'] });
  await createStateFile(file('google.json')).read();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-damaged-'));
  await readAll();
  writeFileSync(file('google.json'), JSON.stringify({ v: 1, oauth: [], events: [] }));
  await readAll();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function damage(name: string, check: (damaged: Buffer) => Promise<void>): Promise<void> {
  const whole = readFileSync(file(name));
  const damaged = whole.subarray(0, Math.floor(whole.length / 2));
  writeFileSync(file(name), damaged);
  try {
    await check(damaged);
  } finally {
    writeFileSync(file(name), whole);
  }
}

describe('a damaged file of the local system', () => {
  it.each(['person.json', 'google.json', 'secrets.json', 'client-ca.crt', 'client-ca.key', 'server-ca.crt'])(
    '%s is named, with the mend, and left as it is',
    (name) =>
      damage(name, async (damaged) => {
        const refused = await readAll().then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(refused).toMatchObject({ code: 'misconfigured' });
        expect(String(refused)).toMatch(/ is damaged\. Put (?:it .* )?back/);
        expect(String(refused)).toContain(folder);
        expect(readFileSync(file(name))).toEqual(damaged);
      }),
  );

  it.each(['server.crt', 'server.key'])('%s is made anew: nothing hangs on it', (name) =>
    damage(name, async () => {
      await readAll();
      expect(readFileSync(file(name), 'utf8')).toContain('-----END');
    }),
  );
});
