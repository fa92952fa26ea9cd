import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';

// A client in Python that shares nothing with us but local.json: its own TLS, its own HTTP-signature and JWT libraries.

const CLIENT = fileURLToPath(new URL('../peers/outside_client.py', import.meta.url));
const suite = hasPython('the client in another language') ? describe : describe.skip;

suite('a client in another language', () => {
  let test: TestMachine;
  let found: Record<string, unknown>;

  beforeAll(async () => {
    test = await startTestMachine();
    await test.connect();
    test.home.write('local.json', JSON.stringify(test.machine.access));
    const python = await pythonWith('outside');
    const run = await promisify(execFile)(python, [CLIENT, test.home.path('local.json')]);
    found = JSON.parse(run.stdout);
  }, PYTHON_INSTALL_MS);
  afterAll(() => test.close());

  it('lists the tools', () => {
    expect(found['tools']).toEqual([
      'createevent',
      'deleteevent',
      'freebusy',
      'get_weather',
      'getevent',
      'listcalendars',
      'listevents',
      'suggesttime',
      'updateevent',
    ]);
  });

  it('reads, and writes once the person has said yes', () => {
    expect(found['busy']).toEqual([]);
    expect(found['asked']).toBe(-32042);
    expect(found['approved']).toBe(200);
    expect(JSON.stringify(found['booked'])).toContain('From outside');
    expect(found['busy_after']).toBe(1);
    expect(test.machine.google.events(test.machine.person.email)).toHaveLength(1);
  });

  it('is refused once anything is changed on the way', () => {
    const tampered = found['tampered'] as Record<string, number>;
    expect(Object.keys(tampered)).toHaveLength(7);
    for (const [what, status] of Object.entries(tampered)) expect({ what, status }).toEqual({ what, status: 401 });
  });

  it('cannot send a request twice, nor act for somebody who granted nothing', () => {
    expect(found['replay']).toEqual([200, 401]);
    expect(found['other_person']).toBe(403);
  });
});
