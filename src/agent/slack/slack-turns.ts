import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Slack, SlackContent } from '../../ports/slack.ts';
import { questionValue } from '../../trust/slack-question.ts';
import type { FollowTurn } from '../approval-answered.ts';
import type { TurnApproval, TurnRecord } from '../turn-record.ts';
import type { SlackPlaces, TurnPlace } from './slack-places.ts';
import { createProgress, type Progress } from './slack-progress.ts';
import { answeredQuestion, asQuestion, progress, questionMessage, turnMessage } from './slack-views.ts';

// A turn as its person sees it in Slack: one message that is edited until it is the answer, and under it each question with its buttons.

export interface SlackTurnsDeps {
  readonly slack: Slack;
  readonly places: SlackPlaces;
  readonly clock: Clock;
  /** Whose that identity is now. */
  readonly ownerOf: (identity: string) => Promise<string | undefined>;
}

export interface SlackTurns {
  watch(place: TurnPlace, log: Log): Progress;
  /** Shows how a turn stands that has ended or waits. */
  show(place: TurnPlace, record: TurnRecord): Promise<void>;
  /** For turns that go on after an answer, wherever it was given. */
  readonly follow: FollowTurn;
}

export function createSlackTurns(deps: SlackTurnsDeps): SlackTurns {
  const { slack, places, clock, ownerOf } = deps;

  /** An account that was unlinked since, a lost one perhaps, is shown nothing more of its person's. */
  const isTheirs = async ({ identity }: TurnPlace, person: string): Promise<boolean> =>
    identity !== undefined && (await ownerOf(identity)) === person;

  /** A message that is gone is posted anew: an answer must not be lost with it. */
  async function edit(person: string, place: TurnPlace, content: SlackContent): Promise<TurnPlace> {
    if (await slack.update(place.message, content)) return place;
    const message = await slack.post({ channel: place.message.channel, thread: place.thread }, content);
    const moved = { ...place, message };
    await places.keep(person, moved);
    return moved;
  }

  async function ask(person: string, place: TurnPlace, approval: TurnApproval): Promise<TurnPlace> {
    const value = questionValue(asQuestion(approval));
    if (place.questions.some((asked) => asked.value === value)) return place;
    const to = { channel: place.message.channel, thread: place.thread };
    const message = await slack.post(to, questionMessage(approval));
    const { id, summary } = approval;
    const next = { ...place, questions: [...place.questions, { value, id, summary, message }] };
    await places.keep(person, next);
    return next;
  }

  /** Questions of the turn that are over lose their buttons. */
  async function settle(place: TurnPlace, record: TurnRecord): Promise<void> {
    const open = new Set(record.approvals.map((approval) => questionValue(asQuestion(approval))));
    for (const question of place.questions) {
      if (open.has(question.value)) continue;
      await slack.update(question.message, answeredQuestion(question.summary, 'This is answered.'));
    }
  }

  function watch(place: TurnPlace, log: Log): Progress {
    const onFault = (error: unknown): void =>
      log.warn('slack.edit_failed', { cause: error instanceof Error ? error.name : typeof error });
    return createProgress({ slack, clock, message: place.message, onFault });
  }

  async function show(place: TurnPlace, record: TurnRecord): Promise<void> {
    const { person } = record;
    if (!(await isTheirs(place, person))) return;
    let shown = await edit(person, place, turnMessage(record));
    await settle(shown, record);
    if (record.status !== 'approval_required') return;
    for (const approval of record.approvals) shown = await ask(person, shown, approval);
  }

  return {
    watch,
    show,
    async follow(record, { log }) {
      const place = await places.placeOf(record.person, record.id);
      if (place === undefined || !(await isTheirs(place, record.person))) return undefined;
      const following = watch(place, log);
      await slack.update(place.message, progress(record.calls)).catch(() => false);
      return {
        tell: following.tell,
        async stopped(after) {
          await following.stop();
          await show(place, after);
        },
      };
    },
  };
}
