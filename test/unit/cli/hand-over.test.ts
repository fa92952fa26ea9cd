import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { handOverToken } from '../../../src/cli/client/hand-over.ts';

// The token's way into a browser: one visit to a link on this computer, and only to that link.

const TOKEN = 'sp_token+with/characters=';
const consoleUrl = 'https://agent.example.test/console';

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
}

function knock(link: string, options: { host?: string; method?: string; path?: string } = {}): Promise<Answer> {
  const url = new URL(link);
  return new Promise((resolve, reject) => {
    const { host = url.host, method = 'GET', path = url.pathname } = options;
    const outgoing = request({ host: '127.0.0.1', port: url.port, method, path, headers: { host }, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
    });
    outgoing.end();
  });
}

describe('handing a token over', () => {
  it('sends the browser that comes on to the console, with the token in the fragment', async () => {
    const answers: Answer[] = [];
    const links: string[] = [];
    const open = async (link: string): Promise<void> => {
      links.push(link);
      answers.push(await knock(link));
    };
    await handOverToken({ consoleUrl, token: TOKEN, open });
    expect(answers).toEqual([{ status: 303, location: `${consoleUrl}#token=${encodeURIComponent(TOKEN)}` }]);
    // What other users of this computer can read in its list of processes.
    expect(links[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/);
    await expect(knock(links[0] ?? '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([
    ['another path', { path: `/${'A'.repeat(32)}` }],
    ['a shorter path', { path: '/' }],
    ['another method', { method: 'POST' }],
    ['a name that was pointed here (DNS rebinding)', { host: 'evil.example' }],
  ])('refuses %s', async (_name, options) => {
    const answers: Answer[] = [];
    const open = async (link: string): Promise<void> => {
      answers.push(await knock(link, options), await knock(link));
    };
    await handOverToken({ consoleUrl, token: TOKEN, open });
    expect(answers.map(({ status }) => status)).toEqual([404, 303]);
    expect(answers[0]?.location).toBeUndefined();
  });

  it('gives the token away once', async () => {
    const answers: Answer[] = [];
    const open = async (link: string): Promise<void> => {
      answers.push(...(await Promise.all([knock(link), knock(link), knock(link)])));
    };
    await handOverToken({ consoleUrl, token: TOKEN, open });
    expect(answers.filter(({ location }) => location !== undefined)).toHaveLength(1);
  });

  it('gives up when no browser comes, and listens no more', async () => {
    let link = '';
    const open = async (given: string): Promise<void> => {
      link = given;
    };
    await expect(handOverToken({ consoleUrl, token: TOKEN, open, waitMs: 20 })).rejects.toMatchObject({
      code: 'timed_out',
    });
    await expect(knock(link)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
