import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../kernel/app-error.ts';
import type { Operator } from '../operator/operator.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { type CliContext, homeOf, STORE_FILE } from './context.ts';

// The operator's way to the store, for commands that no API offers. What it needs is loaded when such a command runs.

export interface OperatorSession {
  readonly operator: Operator;
  readonly store: KeyValueStore;
}

/** Opens the store that the environment names, else the one of this machine's home, for as long as `act` takes. */
export async function asOperator(
  context: CliContext,
  command: Command,
  act: (session: OperatorSession) => Promise<void>,
): Promise<void> {
  const { environment } = context;
  const file = join(homeOf(command), STORE_FILE);
  const chosen = environment['SALLYPORT_STORE'] !== undefined || environment['SALLYPORT_STORE_FILE'] !== undefined;
  if (!chosen && !existsSync(file)) {
    throw new AppError(
      'misconfigured',
      `There is no store in ${homeOf(command)}. Run \`make dev\` once, or set SALLYPORT_STORE and what it needs.`,
    );
  }
  const [{ openOperatorStore }, { openOperatorConversations }, { createOperator }] = await Promise.all([
    import('../compose/stores.ts'),
    import('../compose/conversations.ts'),
    import('../operator/operator.ts'),
  ]);
  const clock = { nowMs: () => Date.now() };
  const store = await openOperatorStore(chosen ? environment : { SALLYPORT_STORE_FILE: file }, clock);
  const random = { bytes: (count: number) => randomBytes(count) };
  const conversations = await openOperatorConversations(environment, { clock, random });
  try {
    const forgetConversations = conversations?.forget;
    await act({ store, operator: createOperator({ store, clock, random, forgetConversations }) });
  } finally {
    await Promise.all([store.close(), conversations?.close()]);
  }
}
