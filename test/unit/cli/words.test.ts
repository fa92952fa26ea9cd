import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeApproval, readDecision } from '../../../src/cli/approval-prompt.ts';
import { createStyle } from '../../../src/cli/style.ts';
import { argumentsInWords, inColumns, momentInWords } from '../../../src/cli/words.ts';

const ESCAPE = '\u001b';

describe('arguments in words', () => {
  it('names each as a person would, and says days of the week', () => {
    const words = argumentsInWords({
      summary: 'Lunch',
      start: '2026-11-27T12:30:00',
      until: '2026-11-27T13:30:00Z',
      from: '2026-11-27T13:30:00+01:00',
      day: '2026-12-24',
      attendees: ['ana@example.com', 'tom@example.com'],
      sendUpdates: true,
      check_conflicts: false,
      location: '',
      guests: [],
      reminder: { minutes: 10, method: 'popup' },
      note: null,
    });
    expect(words.map((line) => line.replace(/ {2,}/, ': '))).toEqual([
      'summary: Lunch',
      'start: Fri 2026-11-27 12:30',
      'until: Fri 2026-11-27 13:30 UTC',
      'from: Fri 2026-11-27 13:30 +01:00',
      'day: Thu 2026-12-24',
      'attendees: ana@example.com, tom@example.com',
      'send updates: yes',
      'check conflicts: no',
      'location: (empty)',
      'guests: (none)',
      'reminder: minutes 10; method popup',
      'note: nothing',
    ]);
  });

  it.each(['2026-02-31', '2026-13-01', '2026-11-27T', 'on 2026-11-27'])('leaves %j as it is', (text) => {
    expect(argumentsInWords({ when: text })).toEqual([`when  ${text}`]);
  });

  it('leaves nothing out and writes no line or control sequence of somebody else’s', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (args) => {
        const lines = argumentsInWords(args);
        expect(lines).toHaveLength(Object.keys(args).length);
        for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('what stands before “Do it?”', () => {
  const asked = {
    id: 'x',
    url: 'https://oauth.example.com/approvals/x',
    tool: 'deleteevent',
    summary: `Delete “Board${ESCAPE}[2J meeting”\nReally harmless`,
    expires_at: '2026-11-21T12:10:00.000Z',
    agent: 'agent/assistant',
    arguments: { eventId: 'e1' },
    effect: 'Changes or removes what is there.',
    undo: 'Restore it from the bin.',
  };
  const plain = createStyle({ environment: {}, isTerminal: false });

  it('is tool, arguments, effect and undo, each on a line that nobody else can begin', () => {
    const lines = describeApproval(asked, plain);
    expect(lines[0]).toBe('Delete “Board\\u001b[2J meeting” Really harmless');
    expect(lines[1]).toMatch(/^ {2}with deleteevent, asked by agent\/assistant, open until \d\d:\d\d$/);
    expect(lines.slice(2)).toEqual([
      '  event id  e1',
      '  Changes or removes what is there.',
      '  To undo it: Restore it from the bin.',
    ]);
  });

  it('says when nothing takes it back', () => {
    const { undo: _, ...final } = asked;
    expect(describeApproval(final, plain).at(-1)).toBe('  To undo it: Nothing takes it back.');
  });

  it.each([
    ['y', 'yes'],
    [' YES ', 'yes'],
    ['', 'no'],
    ['n', 'no'],
    ['yep', 'no'],
    ['yes please', 'no'],
  ])('takes %j for %s', (reply, decision) => {
    expect(readDecision(reply)).toBe(decision);
  });
});

describe('weight on words', () => {
  const on = (environment: Readonly<Record<string, string>>, isTerminal = true, plain = false) =>
    createStyle({ environment, isTerminal, plain }).strong('x') !== 'x';
  it.each([
    ['a terminal', on({}), true],
    ['a pipe', on({}, false), false],
    ['NO_COLOR', on({ NO_COLOR: '1' }), false],
    ['an empty NO_COLOR', on({ NO_COLOR: '' }), true],
    ['a dumb terminal', on({ TERM: 'dumb' }), false],
    ['--no-color', on({}, true, true), false],
  ])('%s: %p', (_where, found, expected) => {
    expect(found).toBe(expected);
  });
});

describe('lists', () => {
  it('stand in columns, whatever is in them', () => {
    expect(
      inColumns([
        ['a', 'bb', 'c'],
        ['aaa', 'b\nb', ''],
      ]),
    ).toEqual(['a    bb   c', 'aaa  b b']);
    expect(inColumns([])).toEqual([]);
  });
  it('say times in the person’s zone', () => {
    expect(momentInWords('2026-11-21T12:10:00.000Z', 'Europe/Berlin')).toBe('2026-11-21 13:10');
    expect(momentInWords('soon\n', 'UTC')).toBe('soon');
  });
});
