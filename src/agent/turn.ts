import { doneLine } from './answer.ts';
import { findPeople } from './people-lookup.ts';
import { reportResults, takeStep } from './turn-dialog.ts';
import { fail, finish, finishLate, remember } from './turn-end.ts';
import { watchTurn } from './turn-events.ts';
import { questionOf, readSetting, type Setting, type TurnDeps, type TurnRun } from './turn-setting.ts';
import { makeCalls, recoverCalls } from './turn-step.ts';
import { type TurnHandle, TurnLost } from './turn-store.ts';

// One turn: question → model → checked calls → doors → results → model … → answer. It plans and asks; whether a call may act is decided
// by the MCP API. Everything it knows is saved as it goes, so that another process can go on where this one stopped.

export type RunTurn = (handle: TurnHandle, run: TurnRun) => Promise<void>;

/** The rest is the model's, to say what came of a call that took long. */
const WAIT_SHARE = 0.9;

/** Before the first step: who is meant. After another worker's death: what became of its calls. */
async function setOut(setting: Setting): Promise<void> {
  const { deps, handle } = setting;
  const { record } = handle;
  if (record.calls.some((call) => call.outcome === 'sent')) {
    await handle.save({ calls: recoverCalls(record.calls, setting.catalog) });
  }
  if (record.people !== undefined || record.steps > 0) return;
  const question = questionOf(record);
  const { tools, checkArguments, clock, config } = deps;
  const { principal, catalog, contacts } = setting;
  const lookup = { tools, checkArguments, catalog, principal, contacts, question };
  const found = await findPeople({ ...lookup, nowMs: clock.nowMs(), callTimeoutMs: config.callTimeoutMs });
  // Nothing found is not worth a write: the next save carries it.
  if (found.calls.length === 0) return;
  const { people, calls } = found;
  // Whoever invited the person chose the names in it.
  const tainted = record.tainted || found.tainted;
  await handle.save({ people: [...people], calls: [...calls], step_start: calls.length, tainted });
}

async function work(setting: Setting): Promise<void> {
  const { deps, handle, catalog, principal } = setting;
  const { maxSteps, callTimeoutMs } = deps.config;
  await setOut(setting);
  for (;;) {
    const { record } = handle;
    if (record.calls.length > record.step_start) {
      // No tool is given more time than the turn has left.
      const leftMs = Math.max(1, setting.deadlineMs - deps.clock.nowMs());
      const told = await makeCalls(
        {
          tools: deps.tools,
          paused: deps.paused,
          catalog,
          principal,
          callTimeoutMs: Math.min(callTimeoutMs, leftMs),
          waitMs: Math.ceil(leftMs * WAIT_SHARE),
          ...(setting.tell !== undefined && { tell: setting.tell }),
        },
        handle,
      );
      if (!told) return;
      await reportResults(setting);
    }
    if (record.steps >= maxSteps) {
      const text = `I stopped after ${maxSteps} steps without an answer. ${doneLine(handle.record)} Ask for it in smaller parts.`;
      return finish(setting, text, 'steps');
    }
    if (!(await takeStep(setting))) return;
  }
}

/** Runs until the turn ends, waits for the person, or is somebody else's. How it went is in the record; rejects only when the store does. */
export function createTurnRunner(deps: TurnDeps): RunTurn {
  const { clock, config } = deps;
  return async (claimed, run) => {
    const handle = run.tell === undefined ? claimed : watchTurn(claimed, run.tell);
    const startedMs = clock.nowMs();
    const timer = new AbortController();
    const leftMs = Math.max(0, config.turnMs - handle.record.spent_ms);
    const timeout = setTimeout(() => timer.abort(), leftMs);
    timeout.unref();
    const breakOff = (error: unknown): Promise<void> => {
      if (error instanceof TurnLost || run.signal.aborted) throw error;
      return timer.signal.aborted ? finishLate(handle, config.turnMs, error) : fail(handle, error, run.log);
    };
    try {
      const signal = AbortSignal.any([run.signal, timer.signal]);
      const limits = { signal, deadlineMs: startedMs + leftMs };
      await readSetting(deps, handle, run, limits).then(work).catch(breakOff);
    } catch (error) {
      // Cancelled, or overtaken: whoever did that has written how the turn stands.
      if (error instanceof TurnLost || run.signal.aborted) return;
      throw error;
    } finally {
      clearTimeout(timeout);
    }
    const { record } = handle;
    await remember(deps.conversations, record, run.log);
    const { status, steps, calls } = record;
    const ms = clock.nowMs() - startedMs;
    run.log.info('turn.finished', { status, steps, calls: calls.length, ms, model: deps.model.name });
    run.log.metric('Turn', { status });
  };
}
