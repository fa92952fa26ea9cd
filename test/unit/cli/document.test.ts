import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CHAT_COMMANDS } from '../../../src/cli/chat-commands.ts';
import { commandTree } from '../../../src/cli/completion/command-tree.ts';
import { configFile } from '../../../src/cli/config-file.ts';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { createProgram } from '../../../src/cli/run.ts';
import { createStyle } from '../../../src/cli/style.ts';

// docs/cli.md says what there is.

const text = readFileSync('docs/cli.md', 'utf8');
const style = createStyle({ environment: {}, isTerminal: false });
const nothing = (): void => undefined;
const context = {
  environment: {},
  print: nothing,
  warn: nothing,
  tell: nothing,
  say: nothing,
  style,
  outStyle: style,
  endWith: nothing,
};
const [root] = commandTree(createProgram(context)).nodes;
const named = (name: string) => expect.stringMatching(new RegExp(`(?<![\\w-])${name}(?![\\w-])`));

describe('the command’s document', () => {
  it.each((root?.commands ?? []).map(({ name }) => name))('names %s', (name) => {
    expect(text).toEqual(named(name));
  });
  it.each((root?.options ?? []).map(({ name }) => name).filter((name) => !['--help', '--version'].includes(name)))(
    'names %s',
    (name) => {
      expect(text).toEqual(named(name));
    },
  );
  it.each(Object.keys(configFile.shape))('names the setting %s of the file', (name) => {
    expect(text).toContain(`\`${name}\``);
  });
  it.each(Object.values(EXIT))('lists the exit code %i', (code) => {
    expect(text).toContain(`| ${code} |`);
  });
  it.each(CHAT_COMMANDS.filter((name) => name !== '/help'))('explains %s', (name) => {
    expect(text).toContain(`\`${name}`);
  });
});
