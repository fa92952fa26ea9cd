import type { Clock } from '../ports/clock.ts';

// How long each check of a call took, for the agent that passed them: it shows its person the way their call went. Told as `Server-Timing`
// (https://www.w3.org/TR/server-timing/). Whoever is refused is told nothing: how far they came would say which check stopped them.

/** In the order in which a call passes them. `certificate` includes the event and the revocation list. */
export const STAGES = ['certificate', 'signature', 'nonce', 'delegation', 'grant', 'approval', 'tool'] as const;
export type Stage = (typeof STAGES)[number];

/** What became of the approval: a word for `desc`. */
export type ApprovalWord = 'not_needed' | 'asked' | 'given' | 'refused';

export interface Stages {
  /** Measures until the function that it answers is called. */
  start(stage: Stage): () => void;
  time<Value>(stage: Stage, work: () => Promise<Value>): Promise<Value>;
  approval(word: ApprovalWord): void;
  /** The header's value; stages that were not reached are not in it. */
  header(): string;
}

/** Where nobody is told. */
export const unmeasured: Stages = {
  start: () => () => {},
  time: (_stage, work) => work(),
  approval: () => {},
  header: () => '',
};

export function createStages(clock: Clock): Stages {
  const now = clock.elapsedMs ?? clock.nowMs;
  const durations = new Map<Stage, number>();
  let word: ApprovalWord | undefined;

  function start(stage: Stage): () => void {
    const startedMs = now();
    return () => void durations.set(stage, now() - startedMs);
  }

  function entry(stage: Stage): readonly string[] {
    const duration = durations.get(stage);
    if (duration === undefined) return [];
    // Microseconds at most: finer says nothing but noise.
    const description = stage === 'approval' && word !== undefined ? `;desc=${word}` : '';
    return [`${stage}${description};dur=${Math.max(0, Math.round(duration * 1000) / 1000)}`];
  }

  return {
    start,
    async time(stage, work) {
      const done = start(stage);
      try {
        return await work();
      } finally {
        done();
      }
    },
    approval: (said) => {
      word = said;
    },
    header: () => STAGES.flatMap(entry).join(', '),
  };
}
