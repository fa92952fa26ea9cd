import type { Command } from 'commander';

// Examples under a command's help. Each is a whole command line without `sallyport`; a test runs every one against the local system.

const kept = new WeakMap<Command, readonly string[]>();

export function withExamples(command: Command, ...examples: readonly string[]): Command {
  kept.set(command, examples);
  const lines = examples.map((example) => `  $ sallyport ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const examplesOf = (command: Command): readonly string[] => kept.get(command) ?? [];
