import type { Clock } from '../../../../ports/clock.ts';
import { canonicalJson } from '../../../../trust/canonical-json.ts';
import { answering } from '../../answering.ts';
import { flag } from '../../arguments.ts';
import { createRemembered } from '../../remembered.ts';
import type { JsonObject, Tool, ToolContext, ToolDeclaration, ToolResult } from '../../tool.ts';
import { shorten } from '../answer-shape.ts';
import type { AwsReader } from '../aws-reader.ts';
import type { AwsPlaces } from '../places.ts';
import { shareQuestions } from '../shared-answers.ts';
import { type Asking, createAsking, type PartFailure } from './asking.ts';
import type { Json } from './plain-json.ts';

// A tool that puts several reads together. The reads are those of the lists and no others; what could not be read is named beside what was.

export interface ComposedDeps {
  readonly reader: AwsReader;
  readonly places: AwsPlaces;
  readonly clock: Clock;
  /** How long an answer is good, seconds. */
  readonly ttlSeconds: number;
}

/** What was found, and the sentences for a person. */
export interface Composition {
  readonly data: Json;
  readonly words: string;
}

/** All reads together, within what a door gives one call. */
const DEADLINE_MS = 20_000;
/** The same behind the answer, where somebody looks how far it is. */
const TASK_DEADLINE_MS = 600_000;
const MAX_ENTRIES = 100;
const MAX_ANSWER_BYTES = 58_000;

const TEXT = { type: 'string' } as const;
export const REFRESH = { type: 'boolean', description: 'Asks anew, not from memory.' } as const;
export const ERRORS_SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    properties: { part: TEXT, region: TEXT, account: TEXT, code: TEXT, message: TEXT, times: { type: 'integer' } },
    required: ['part', 'region', 'code', 'message', 'times'],
    additionalProperties: false,
  },
} as const;

/** What every one of these declares alike. */
export const COMPOSED = {
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scopes: ['aws.read'],
  toolset: 'aws',
} as const;

/** Of tools that ask so much that it may take longer than somebody likes to wait: they go on as tasks where the client knows those. */
export const OFTEN_LONG = { execution: { taskSupport: 'optional' } } as const;

const failureInWords = ({ part, region, code, message, times }: PartFailure): string =>
  `${part} in ${region} failed (${code}${times > 1 ? `, ${times} times` : ''}): ${message}`;

export function createComposedTool(
  declaration: ToolDeclaration,
  { reader, clock, ttlSeconds }: ComposedDeps,
  /** Throws AppError `invalid_request` for arguments that lead nowhere, before anything is asked. */
  compose: (args: JsonObject) => (asking: Asking) => Promise<Composition>,
): Tool {
  const keep = (result: ToolResult): boolean => {
    const errors = result.structuredContent?.['errors'];
    return Array.isArray(errors) && errors.length === 0;
  };
  const answers = shareQuestions(createRemembered<ToolResult>({ clock, maxEntries: MAX_ENTRIES, ttlSeconds, keep }));

  async function answer(
    composition: (asking: Asking) => Promise<Composition>,
    tell: ToolContext['progress'],
  ): Promise<ToolResult> {
    const signal = AbortSignal.timeout(tell === undefined ? DEADLINE_MS : TASK_DEADLINE_MS);
    const onAnswer = (progress: number): void => tell?.({ progress, message: `${progress} answers of AWS so far` });
    const asking = createAsking({ reader, signal, onAnswer });
    const { data, words } = await composition(asking);
    const errors = asking.failures();
    const text = [words, ...errors.map(failureInWords)].join('\n');
    // Some parts may have failed; that none answered is a failure.
    if (!asking.answered() && errors[0] !== undefined) return { isError: true, code: errors[0].code, text };
    const readAt = new Date(clock.nowMs()).toISOString();
    const { value, leftOut } = shorten({ ...data, errors }, MAX_ANSWER_BYTES);
    return { structuredContent: { readAt, ...value, ...(leftOut > 0 && { leftOut }) }, text };
  }

  return {
    declaration,
    run: answering(async (args, { person, agent, progress }) => {
      const composition = compose(args);
      const { refresh: _refresh, ...asked } = args;
      // Nobody is answered from what somebody else asked: rights may differ.
      const key = canonicalJson({ person, agent, asked });
      return answers.get(key, () => answer(composition, progress), { refresh: flag(args, 'refresh') });
    }),
  };
}
