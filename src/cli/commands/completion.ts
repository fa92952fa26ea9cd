import type { Command } from 'commander';
import { commandTree } from '../completion/command-tree.ts';
import { completionScript, shells } from '../completion/scripts.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { oneLine } from '../visible.ts';

// `sallyport completion bash|zsh|fish`: prints what the shell reads to complete commands and options.

export function addCompletionCommand(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('completion <shell>')
      .description(`print completion for ${shells.join(', ')}`)
      .action((given: string) => {
        const shell = shells.find((known) => known === given);
        if (shell === undefined) {
          throw new UsageError(`There is no completion for ${oneLine(given)}, only for ${shells.join(', ')}.`);
        }
        context.print(completionScript(shell, commandTree(program)).trimEnd());
      }),
    'completion bash',
    'completion zsh',
    'completion fish',
  );
}
