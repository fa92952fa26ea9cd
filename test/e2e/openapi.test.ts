import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';

// Schemathesis makes requests from the Agent API's own description, good and bad, and holds every answer against it.

const suite = hasPython('the check of the OpenAPI description') ? describe : describe.skip;

suite('the Agent API', () => {
  let test: TestMachine;
  let python: string;
  beforeAll(async () => {
    python = await pythonWith('schemathesis');
    test = await startTestMachine();
    await test.connect();
  }, PYTHON_INSTALL_MS);
  afterAll(() => test.close());

  it('does what its description says, whatever is sent', async () => {
    const { agent } = test.machine.access;
    // DELETE cancels a turn; it stays readable and says so, which schemathesis would take for a resource that came back.
    const excluded = ['--exclude-checks', 'use_after_free'];
    const limits = ['--max-examples', '25', '--seed', '1', '--no-color', ...excluded];
    const args = ['run', `${agent.url}/openapi.json`, '--url', agent.url, ...limits];
    const header = ['--header', `Authorization: Bearer ${agent.token}`];
    const run = await promisify(execFile)(python, ['-m', 'schemathesis.cli', ...args, ...header], {
      maxBuffer: 16_000_000,
      cwd: tmpdir(),
    }).catch((error: { stdout: string; stderr: string }) => ({
      failed: true,
      stdout: error.stdout,
      stderr: error.stderr,
    }));
    const text = `${run.stdout}${run.stderr}`;
    expect({ failed: 'failed' in run, text: 'failed' in run ? text.slice(-6000) : '' }).toEqual({
      failed: false,
      text: '',
    });
    expect(text).toMatch(/No issues found/i);
  }, 280_000);
});
