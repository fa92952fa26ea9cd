import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { createOriginCheck, ORIGIN_HEADER } from '../../../src/adapters/http/origin-check.ts';
import { createSecret } from '../../../src/kernel/secret.ts';
import { createTestLog } from '../../support/log.ts';

// The edge's function, as CloudFront calls it: its event, its key value store, and nothing else of Node or of a browser.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html

const CODE = readFileSync(new URL('../../../terraform/modules/edge/origin-secret.js', import.meta.url), 'utf8');
const SECRET = 'k3Vn0c1tQpX8sJbW5yRzLhAeUfGmDoTi-_9Y2N7P4aB';

type Headers = Record<string, { readonly value: string }>;
interface Answer {
  readonly statusCode?: number;
  readonly body?: string;
  readonly headers: Headers;
  readonly method?: string;
  readonly uri?: string;
}

function loadHandler(stored: Readonly<Record<string, string>>): (event: unknown) => Promise<Answer> {
  const imported = "import cf from 'cloudfront';";
  if (!CODE.startsWith(imported)) throw new Error('the function imports something else');
  const get = async (key: string): Promise<string> => {
    const value = stored[key];
    if (value === undefined) throw new Error('KeyNotFound');
    return value;
  };
  return runInNewContext(`${CODE.slice(imported.length)}\nhandler`, { cf: { kvs: () => ({ get }) } });
}

const createEvent = (headers: Headers = {}) => ({
  version: '1.0',
  context: { eventType: 'viewer-request' },
  viewer: { ip: '192.0.2.1' },
  request: { method: 'POST', uri: '/chat', querystring: {}, headers, cookies: {} },
});

describe('the edge’s function', () => {
  it('adds the header that the APIs check, and leaves the request as it was otherwise', async () => {
    const handler = loadHandler({ 'origin-secret': SECRET });
    const answer = await handler(createEvent({ authorization: { value: 'Bearer sp_a_b' } }));
    expect(answer).toMatchObject({
      method: 'POST',
      uri: '/chat',
      headers: { authorization: { value: 'Bearer sp_a_b' } },
    });
    expect(answer.headers[ORIGIN_HEADER]).toEqual({ value: SECRET });
  });

  it('lets nobody set that header himself', async () => {
    const guessed = { [ORIGIN_HEADER]: { value: 'a guess' } };
    const handler = loadHandler({ 'origin-secret': SECRET });
    expect((await handler(createEvent(guessed))).headers[ORIGIN_HEADER]).toEqual({ value: SECRET });
  });

  it('passes nothing on while there is no secret, whatever the viewer sent', async () => {
    const handler = loadHandler({});
    const answer = await handler(createEvent({ [ORIGIN_HEADER]: { value: SECRET } }));
    expect(answer.statusCode).toBe(503);
    expect(answer).not.toHaveProperty('uri');
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ error: { code: 'unavailable' } });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });

  it('and the API’s check open to each other', async () => {
    const { headers } = await loadHandler({ 'origin-secret': SECRET })(createEvent());
    const ok = { status: 200, headers: {}, body: '' };
    const check = createOriginCheck(async () => ok, { secret: async () => createSecret(SECRET), log: createTestLog() });
    const request = {
      method: 'GET',
      path: '/health',
      query: '',
      headers: Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value])),
      cookies: [],
      body: new Uint8Array(),
      domainName: 'agent.example.com',
      apiId: 'api',
      stage: '$default',
      sourceIp: '192.0.2.1',
      requestId: 'r1',
      remainingMs: 1000,
    };
    await expect(check(request)).resolves.toBe(ok);
  });

  it('is small enough for CloudFront, which takes 10 kB', () => {
    expect(Buffer.byteLength(CODE)).toBeLessThan(10_240);
  });
});
