import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayConfigureHeader } from '../../src/adapters/upstreams/http-fetch.ts';
import { upstreamAuth } from '../../src/config/upstream-auth.ts';
import { accept, refuse } from '../../src/kernel/result.ts';
import { readServers } from '../../src/mcp/upstreams/servers-file.ts';
import { freePortBase } from '../support/dev-process.ts';
import { type Checkout, createCheckout, type GuideBlock, readGuide } from '../support/guide.ts';

// docs/adding-a-server.md as its reader follows it: the files, the commands, the call, the change; and each entry that it shows is one that is taken.

const blocks = readGuide('docs/adding-a-server.md');
const MINUTES = 60_000;

let checkout: Checkout;
let environment: Readonly<Record<string, string>>;
const printed: { readonly script: string; readonly stdout: string; readonly stderr: string }[] = [];

beforeAll(async () => {
  checkout = await createCheckout();
  environment = { SALLYPORT_PORT_BASE: String(await freePortBase()), SALLYPORT_MODEL: 'offline' };
}, 2 * MINUTES);
afterAll(() => checkout?.dispose());

async function runScript(script: string): Promise<void> {
  if (/\bmake dev$/m.test(script)) return checkout.start(script, 'Sallyport runs', environment);
  const { code, stdout, stderr } = await checkout.run(script, environment);
  printed.push({ script, stdout, stderr });
  expect({ code, why: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, why: '' });
}

async function follow({ language, code, file = '' }: GuideBlock): Promise<void> {
  if (language === 'sh') return runScript(code.trim());
  return language === 'diff' ? checkout.change(file, code) : checkout.create(file, code);
}

/** Entries that are shown and not put anywhere. */
const shown = blocks.filter(({ language, file }) => language === 'json' && file === undefined);
const followed = blocks.filter((block) => !shown.includes(block));
const saidBy = (words: string): string => printed.find(({ script }) => script.includes(words))?.stdout ?? '';

describe('a reader who adds a server by the guide', () => {
  it('finds files, a change and commands there', () => {
    expect(new Set(followed.map(({ language }) => language))).toEqual(new Set(['sh', 'js', 'json', 'diff']));
    expect(followed.length).toBeGreaterThanOrEqual(9);
  });

  it.each(followed)('can do this: $name ($language)', (block) => follow(block), 5 * MINUTES);

  it('sees it unapproved, and afterwards sound', () => {
    expect(saidBy('servers show dice')).toMatch(/^dice__roll +new +dice\.read +reads$/m);
    expect(saidBy('servers check')).toMatch(/^ok {3}The server dice answers, .*: 1 tool as approved$/m);
  });

  it('has a tool beside ours that answers, though no line of the agent was written', () => {
    const lines = saidBy('tools/call').trim().split('\n');
    expect(lines.slice(0, -1).join('\n')).toMatch(/^dice__roll .*\(dice\)$/m);
    expect(lines.slice(0, -1).join('\n')).toMatch(/^freebusy /m);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      result: { structuredContent: { shown: [expect.any(Number), expect.any(Number), expect.any(Number)] } },
    });
  });

  it('is shown the change word by word, and told that it is kept back until it is approved', () => {
    const said = saidBy('servers diff dice');
    expect(said).toMatch(/^dice +quarantined /m);
    expect(said).toContain('BAD  dice__roll: It has another description than was approved.');
    expect(said).toContain('- Rolls dice and says what each one shows.\n  + Rolls dice, fairly, and says');
  });
});

describe('an entry that the guide shows', () => {
  it('is there', () => expect(shown).toHaveLength(2));

  it.each(shown)('is taken as it stands: $name', ({ code }) => {
    const { servers, faults } = readServers({
      text: code,
      directory: '/',
      folders: [],
      reserved: [],
      mayConfigureHeader,
      readAuth: (given) => {
        const parsed = upstreamAuth.safeParse(given);
        return parsed.success ? accept(parsed.data) : refuse(parsed.error.message);
      },
    });
    expect(faults).toEqual([]);
    expect(servers.map(({ name }) => name)).toEqual(Object.keys(JSON.parse(code).mcpServers));
  });
});
