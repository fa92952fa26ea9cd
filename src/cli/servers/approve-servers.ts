import { createInterface } from 'node:readline/promises';
import type { ServerLooks } from '../../compose/server-looks.ts';
import { AppError } from '../../kernel/app-error.ts';
import { approvedAfter, type OfferedTool, openChanges } from '../../mcp/upstreams/offer.ts';
import { readDecision } from '../approval-prompt.ts';
import type { CliContext } from '../context.ts';
import { prompt } from '../prompt.ts';
import { describeTool } from './describe-servers.ts';
import { demandAnswer, type serverNamed } from './open-servers.ts';
import { writeApproved } from './write-approved.ts';

// One server's approval: everything that would be approved is shown first, exactly what was shown is written, and only after a yes.

export interface ApproveWish {
  readonly server: ReturnType<typeof serverNamed>;
  /** Names of its tools; all of them when there is none. */
  readonly tools: readonly string[];
  readonly yes: boolean;
  /** Shown by whoever called. */
  readonly quiet: boolean;
}

export interface ApproveOutcome {
  readonly server: string;
  readonly changes: readonly OfferedTool[];
  /** `unchanged`: there was nothing to approve. `asked`: nobody was there to say yes. */
  readonly outcome: 'written' | 'unchanged' | 'refused' | 'asked';
}

function chosenOf(offer: readonly OfferedTool[], names: readonly string[]): (name: string) => boolean {
  if (names.length === 0) return () => true;
  const chosen = names.map((name) => {
    const found = offer.find((tool) => tool.name === name || tool.exposed === name);
    if (found !== undefined) return found.name;
    throw new AppError('not_found', `There is no tool ${name}. There are: ${offer.map((one) => one.name).join(', ')}.`);
  });
  return (name) => chosen.includes(name);
}

async function askOnTerminal(words: string): Promise<'yes' | 'no' | undefined> {
  if (process.stdin.isTTY !== true) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return readDecision((await prompt(terminal, words)) ?? '');
  } finally {
    terminal.close();
  }
}

export async function approveServer(
  context: CliContext,
  looks: ServerLooks,
  wish: ApproveWish,
): Promise<ApproveOutcome> {
  const { server, yes, quiet } = wish;
  const { name } = server.config;
  const look = await looks.look(server);
  demandAnswer(look);
  const chosen = chosenOf(look.offer, wish.tools);
  const changes = openChanges(look.offer).filter((tool) => chosen(tool.name));
  const outcome = (done: ApproveOutcome['outcome']): ApproveOutcome => ({ server: name, changes, outcome: done });
  if (!quiet) {
    for (const tool of changes) for (const line of describeTool(tool, context.outStyle)) context.say(line);
    // Those that cannot be approved are said and left out.
    for (const { exposed, problem } of look.offer.filter((one) => one.state === 'refused' && chosen(one.name))) {
      context.warn(`${exposed} is left out: ${problem ?? ''}`);
    }
  }
  if (changes.length === 0) return outcome('unchanged');
  const decision = yes ? 'yes' : quiet ? undefined : await askOnTerminal(`Approve this of ${name}? [y/N] `);
  if (decision === undefined) return outcome('asked');
  if (decision === 'no') return outcome('refused');
  writeApproved(looks.directory, name, approvedAfter(look.offer, chosen));
  return outcome('written');
}
