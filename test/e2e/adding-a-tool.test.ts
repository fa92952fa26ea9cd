import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePortBase } from '../support/dev-process.ts';
import { type Checkout, createCheckout, type GuideBlock, readGuide } from '../support/guide.ts';

// docs/adding-a-tool.md as its reader follows it: the files, the changes, the commands, the call.

const blocks = readGuide('docs/adding-a-tool.md');
const MINUTES = 60_000;

let checkout: Checkout;
let environment: Readonly<Record<string, string>>;
const printed: string[] = [];

beforeAll(async () => {
  checkout = await createCheckout();
  environment = { SALLYPORT_PORT_BASE: String(await freePortBase()), SALLYPORT_MODEL: 'offline' };
}, 2 * MINUTES);
afterAll(() => checkout?.dispose());

async function runScript(script: string): Promise<void> {
  if (/\bmake dev$/m.test(script)) return checkout.start(script, 'Sallyport runs', environment);
  const { code, stdout, stderr } = await checkout.run(script, environment);
  printed.push(stdout);
  expect({ code, stdout: code === 0 ? '' : stdout, stderr: code === 0 ? '' : stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
}

async function follow({ language, code, file }: GuideBlock): Promise<void> {
  if (language === 'sh') return runScript(code.trim());
  if (file === undefined) throw new Error('a block that belongs to no file');
  return language === 'diff' ? checkout.change(file, code) : checkout.create(file, code);
}

describe('a reader who adds a tool by the guide', () => {
  it('finds files, changes and commands there', () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'ts', 'diff']));
    expect(blocks.length).toBeGreaterThanOrEqual(10);
  });

  it.each(blocks)('can do this: $name ($language)', (block) => follow(block), 5 * MINUTES);

  it('has a tool that the agent believes, and that answers', () => {
    const lines = (printed.at(-1) ?? '').trim().split('\n');
    expect(lines.slice(0, -1).join('\n')).toContain('days_between');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      result: {
        structuredContent: { days: 14, workingDays: 10 },
        content: [{ text: '14 days, 10 of them working days.' }],
      },
    });
  });
});
