import { describe, expect, it } from '@jest/globals';
import {
  questionBlocks,
  questionIdOf,
  questionValue,
  type SlackQuestion,
  showsQuestion,
} from '../../../src/trust/slack-question.ts';

const question: SlackQuestion = {
  id: 'a_i0SMSeIvFyEaeGfsUN2JhWC9zoBNsO6aL0BUtjjVv9E',
  url: 'https://oauth.test/approvals/a_i0SMSeIvFyEaeGfsUN2JhWC9zoBNsO6aL0BUtjjVv9E',
  tool: 'createevent',
  summary: 'Create “Lunch <with> Tom & Ana” on Monday',
  effect: 'Adds something new.',
  undo: 'Delete the event.',
  expires_at: '2026-11-21T12:10:00.000Z',
};

type Json = Record<string, unknown>;
const elementOf = (shown: Json[], index: number) => (shown[2]?.['elements'] as Json[] | undefined)?.[index] ?? {};
const copy = (blocks: unknown) => JSON.parse(JSON.stringify(blocks)) as Json[];

describe('a question in Slack', () => {
  it('says what will happen, with which tool, to what effect and how it is undone, and until when', () => {
    const text = JSON.stringify(questionBlocks(question));
    for (const words of [
      'Lunch',
      'createevent',
      'Adds something new.',
      'Delete the event.',
      '12:10 UTC',
      question.url,
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toMatch(/mrkdwn|image/);
  });

  it('says so where nothing takes it back', () => {
    expect(JSON.stringify(questionBlocks({ ...question, undo: undefined }))).toContain('Nothing takes it back.');
  });

  it('spells characters out that would change the words around them', () => {
    const text = JSON.stringify(questionBlocks({ ...question, summary: 'Lunch\u202egnp.exe' }));
    expect(text).toContain('u{202e}');
    expect(text).not.toContain('\u202e');
  });

  it('too long to be shown whole can be answered on its page only', () => {
    const text = JSON.stringify(questionBlocks({ ...question, summary: 'x'.repeat(3001) }));
    expect(text).not.toContain('sallyport.yes');
    expect(text).toContain(question.url);
  });

  it('is named by its id and by all that it says', () => {
    expect(questionIdOf(questionValue(question))).toBe(question.id);
    const others: SlackQuestion[] = [
      { ...question, summary: 'Create “Dinner”' },
      { ...question, tool: 'deleteevent' },
      { ...question, effect: undefined },
      { ...question, undo: undefined },
      { ...question, expires_at: '2026-11-21T12:20:00.000Z' },
    ];
    expect(new Set([question, ...others].map(questionValue)).size).toBe(others.length + 1);
    for (const value of ['', question.id, `${question.id}.a.b`, 'x.y', `.${question.id}`]) {
      expect(questionIdOf(value)).toBeUndefined();
    }
  });
});

describe('a message', () => {
  const blocks = () => copy(questionBlocks(question));

  it('shows its question, also as Slack gives it back', () => {
    expect(showsQuestion(blocks(), question)).toBe(true);
    const escaped = copy(
      JSON.parse(JSON.stringify(blocks()).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')),
    );
    (escaped[0]?.['text'] as Json)['verbatim'] = false;
    (escaped[0]?.['text'] as Json)['emoji'] = false;
    expect(showsQuestion(escaped, question)).toBe(true);
  });

  it('shows it also where Slack has written emoji by their names', () => {
    const party = { ...question, summary: 'Create “Party 🎂🎉” on Monday' };
    const named = JSON.parse(JSON.stringify(questionBlocks(party)).replace('🎂🎉', ':birthday::tada:'));
    expect(showsQuestion(named, party)).toBe(true);
    // Where the question has none, none may be there.
    expect(showsQuestion(JSON.parse(JSON.stringify(blocks()).replace('Monday', ':no_entry:')), question)).toBe(false);
  });

  it('with emoji in its question says nothing else by what looks like their names', () => {
    const party = {
      ...question,
      summary: 'Create “Party 🎉” on Monday, 15:00:00, © arn:aws:lambda:eu-west-1:1:function:x',
    };
    const shown = JSON.stringify(questionBlocks(party));
    const lies = [
      shown.replace('Create', ':this_is_only_a_test-pressing_yes_does_nothing_at_all:🎉🎉Create'),
      shown.replace('Create', 'Create🎉'),
      shown.replace('🎉', ''),
      shown.replace('15:00:00', '15:30:00'),
      shown.replace(':eu-west-1:', ':us-east-1:').replace(':function:', ':layer:'),
      shown.replace('"Yes, do it once', '"🎉No'),
      shown.replace('Only you can', ':tada: Only you can'),
    ];
    expect(showsQuestion(JSON.parse(shown), party)).toBe(true);
    for (const lie of lies) expect([lie, showsQuestion(JSON.parse(lie), party)]).toEqual([lie, false]);
  });

  const lies: readonly (readonly [string, (shown: Json[]) => unknown])[] = [
    ['other words', (shown) => ((shown[0]?.['text'] as Json)['text'] = 'Lunch as always')],
    ['a word less', (shown) => ((shown[0]?.['text'] as Json)['text'] = 'Create “Lunch” on Monday')],
    ['a line before it', (shown) => shown.unshift({ type: 'section', text: { type: 'plain_text', text: 'A test:' } })],
    [
      'a line behind it',
      (shown) => shown.push({ type: 'section', text: { type: 'plain_text', text: 'Only a test.' } }),
    ],
    ['a picture', (shown) => shown.push({ type: 'image', image_url: 'https://x.test/a.png', alt_text: 'a' })],
    ['fields', (shown) => ((shown[0] as Json)['fields'] = [{ type: 'plain_text', text: 'a test' }])],
    [
      'an accessory',
      (shown) => ((shown[0] as Json)['accessory'] = { type: 'image', image_url: 'https://x.test/a.png' }),
    ],
    ['no effect', (shown) => shown.splice(1, 1)],
    ['its blocks in another order', (shown) => shown.reverse()],
    ['marked-up text', (shown) => ((shown[0]?.['text'] as Json)['type'] = 'mrkdwn')],
    ['yes and no exchanged', (shown) => (elementOf(shown, 0)['text'] = { type: 'plain_text', text: 'No' })],
    ['a dialog of its own', (shown) => (elementOf(shown, 0)['confirm'] = { title: 'Cancel?' })],
    ['another page', (shown) => (elementOf(shown, 2)['url'] = 'https://evil.test')],
  ];
  it.each(lies)('with %s does not show it', (_what, change) => {
    const shown = blocks();
    change(shown);
    expect(showsQuestion(shown, question)).toBe(false);
  });

  it.each([[undefined], [null], ['text'], [{}], [[]], [[null]]])('of %j shows none', (shown) => {
    expect(showsQuestion(shown, question)).toBe(false);
  });
});
