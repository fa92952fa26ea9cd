import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openHome } from '../../../src/local/home.ts';
import { startMachine } from '../../../src/local/machine.ts';

it.each([
  [{ GOOGLE_CALENDAR_URL: 'http://127.0.0.1:1/calendar' }, 'GOOGLE_CALENDAR_URL: must end in /calendar/v3'],
  // What only composing a service finds out.
  [{ SALLYPORT_TOOLSETS: 'calendar,aws-writes' }, 'The toolset aws-writes needs SALLYPORT_AWS_WRITE_ROLE'],
])('a wrong setting is said at the start, and nothing stays open: %j', async (given, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  try {
    const started = startMachine({ home: openHome(folder), given, writeLog: () => {} });
    await expect(started).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining(message) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('starts with all that the AWS tools can be told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  try {
    const given = {
      SALLYPORT_TOOLSETS: 'calendar,aws,aws-writes',
      SALLYPORT_AWS_WRITE_ROLE: 'arn:aws:iam::123456789012:role/writes',
      SALLYPORT_AWS_READ_ROLE: 'arn:aws:iam::123456789012:role/reads',
      SALLYPORT_SECRETS_READ: 'app/key',
    };
    const machine = await startMachine({ home: openHome(folder), given, writeLog: () => {} });
    await machine.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
