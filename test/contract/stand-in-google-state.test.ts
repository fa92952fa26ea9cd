import { mkdir, mkdtemp, readdir, rm, stat, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import type { StandInGoogle } from '../../src/local/google/stand-in-google.ts';
import { ANN, askForToken, connect, startTestGoogle } from '../support/google-stand-in.ts';

// With a state file the stand-in goes on where it ended.

let folder: string;
let stateFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stand-in-google-'));
  stateFile = join(folder, 'state', 'google.json');
});
afterEach(() => rm(folder, { recursive: true }));

const day = { start: { date: '2026-12-01' }, end: { date: '2026-12-02' } };
const accounts = [{ ...ANN, events: [{ ...day, summary: 'From the start' }] }];

async function start(): Promise<StandInGoogle> {
  return (await startTestGoogle({ stateFile, accounts })).google;
}

async function insert(google: StandInGoogle, token: unknown, id: string): Promise<number> {
  const response = await fetch(`${google.calendarUrl}/calendars/primary/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...day, id, summary: 'Booked' }),
  });
  await response.body?.cancel();
  return response.status;
}

describe('the state file', () => {
  it('keeps grants, tokens, keys and events over a restart, and is for its owner only', async () => {
    const first = await start();
    const { token } = await connect(first, { account: ANN.email });
    expect(await insert(first, token.body['access_token'], 'booked00')).toBe(200);
    const expected = first.events(ANN.email);
    await first.close();
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'state'))).toEqual(['google.json']);

    const second = await start();
    expect(second.events(ANN.email)).toEqual(expected);
    const form = { grant_type: 'refresh_token', refresh_token: String(token.body['refresh_token']) };
    const renewed = await askForToken(second, form);
    expect(renewed.status).toBe(200);
    expect(await insert(second, renewed.body['access_token'], 'booked00')).toBe(409);
    expect(await insert(second, token.body['access_token'], 'booked01')).toBe(200);
    const keys = (await (await fetch(second.jwksUrl)).json()) as JSONWebKeySet;
    await jwtVerify(String(token.body['id_token']), createLocalJWKSet(keys));
    const etags = second.events(ANN.email).map(({ etag }) => etag);
    expect(new Set(etags).size).toBe(3);
    await second.close();
  });

  it('is written soon after a change, not only at the end', async () => {
    await mkdir(join(folder, 'state'));
    const changes = watch(join(folder, 'state'));
    const google = await start();
    await connect(google, { account: ANN.email });
    for await (const { filename } of changes) if (filename === 'google.json') break;
    await google.close();
  });

  it('that holds something else is refused, and left as it is', async () => {
    stateFile = join(folder, 'google.json');
    await writeFile(stateFile, '{"v":2}');
    await expect(start()).rejects.toThrow(/google\.json is damaged\. Put back a copy, or remove it/);
    await writeFile(stateFile, 'not JSON');
    await expect(start()).rejects.toThrow(/is damaged/);
    expect(await readdir(folder)).toEqual(['google.json']);
  });
});
