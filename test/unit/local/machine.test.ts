import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openHome } from '../../../src/local/home.ts';
import { startMachine } from '../../../src/local/machine.ts';

it('a wrong setting is said at the start, and nothing stays open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  try {
    const started = startMachine({
      home: openHome(folder),
      given: { GOOGLE_CALENDAR_URL: 'http://127.0.0.1:1/calendar' },
      writeLog: () => {},
    });
    await expect(started).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('GOOGLE_CALENDAR_URL: must end in /calendar/v3'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
