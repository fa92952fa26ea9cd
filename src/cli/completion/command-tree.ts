import type { Command } from 'commander';

// The commands and options there are, as a shell needs to know them.

export interface CommandNode {
  /** Words behind `sallyport`; empty for the command itself. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly name: string; readonly description: string }[];
}

export interface CommandTree {
  readonly nodes: readonly CommandNode[];
  /** Options that take the next word. */
  readonly withValue: readonly string[];
}

const visibleCommands = (command: Command): readonly Command[] =>
  command.createHelp().visibleCommands(command) as readonly Command[];

function walk(command: Command, path: readonly string[], shared: CommandNode['options']): readonly CommandNode[] {
  const below = visibleCommands(command).filter((child) => child.name() !== 'help');
  const own = command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, description }) => ({ name: long ?? '', description }))
    .filter(({ name }) => name !== '');
  const names = new Set(own.map(({ name }) => name));
  const node: CommandNode = {
    path,
    commands: below.map((child) => ({ name: child.name(), description: child.description() })),
    options: [...own, ...shared.filter(({ name }) => !names.has(name))],
  };
  const passedOn = path.length === 0 ? own.filter(({ name }) => name !== '--version') : shared;
  return [node, ...below.flatMap((child) => walk(child, [...path, child.name()], passedOn))];
}

function valueOptions(command: Command): readonly string[] {
  const own = command.options.filter(({ required, optional }) => required || optional).map(({ long }) => long ?? '');
  return [...own, ...command.commands.flatMap(valueOptions)];
}

export function commandTree(program: Command): CommandTree {
  return { nodes: walk(program, [], []), withValue: [...new Set(valueOptions(program))].sort() };
}
