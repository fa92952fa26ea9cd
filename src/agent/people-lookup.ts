import type { ModelContact } from '../ports/model.ts';
import type { ToolClient, ToolPrincipal } from '../ports/tool-client.ts';
import { holdsScope } from '../trust/scope.ts';
import type { CheckArguments } from './argument-check.ts';
import { answersTo, peopleIn, unresolvedNames } from './people.ts';
import { taints } from './taint.ts';
import type { ToolCatalog } from './tool-catalog.ts';
import type { TurnCall } from './turn-record.ts';

// Looks for people whom the contacts do not know among the attendees of recent events, before the model is asked. One call that only
// reads, made only when the person mentioned such a name; it is listed among the turn's calls like any other.

const LOOKUP_TOOL = 'listevents';
const DAY_MS = 86_400_000;
const DAYS_BACK = 60;
const DAYS_AHEAD = 30;
/** How many of the person's events are looked through. */
const MAX_EVENTS = 100;

export interface PeopleLookup {
  readonly tools: ToolClient;
  readonly catalog: ToolCatalog;
  readonly checkArguments: CheckArguments;
  readonly principal: ToolPrincipal;
  readonly contacts: readonly ModelContact[];
  readonly question: string;
  readonly nowMs: number;
  readonly callTimeoutMs: number;
}

export interface FoundPeople {
  readonly people: readonly ModelContact[];
  readonly calls: readonly TurnCall[];
  /** Something of the events came back. */
  readonly tainted: boolean;
}

const NOBODY: FoundPeople = { people: [], calls: [], tainted: false };

const instant = (ms: number): string => new Date(Math.floor(ms / DAY_MS) * DAY_MS).toISOString();

export async function findPeople(lookup: PeopleLookup): Promise<FoundPeople> {
  const names = unresolvedNames(lookup.question, lookup.contacts);
  const tool = lookup.catalog.tools.get(LOOKUP_TOOL);
  if (names.length === 0 || tool === undefined || !holdsScope(lookup.principal.scopes, 'calendar.read')) return NOBODY;
  const args = {
    timeMin: instant(lookup.nowMs - DAYS_BACK * DAY_MS),
    timeMax: instant(lookup.nowMs + DAYS_AHEAD * DAY_MS),
    maxResults: MAX_EVENTS,
  };
  if ((await lookup.checkArguments(tool, args)) !== undefined) return NOBODY;
  const outcome = await lookup.tools.call({
    ...lookup.principal,
    tool,
    arguments: args,
    // A span of days around today: nobody shaped it.
    tainted: false,
    timeoutMs: lookup.callTimeoutMs,
  });
  const doors = outcome.doors === undefined ? {} : { doors: [...outcome.doors] };
  const call = { id: 'call_1', tool: tool.name, arguments: args, writes: false, ...doors };
  if (outcome.kind !== 'result' || outcome.isError) {
    const refused = outcome.kind === 'refused';
    return {
      people: [],
      calls: [{ ...call, outcome: refused ? 'refused' : 'failed' }],
      tainted: taints(outcome, tool.name),
    };
  }
  const people = peopleIn(outcome.structuredContent).filter((person) => names.some((name) => answersTo(person, name)));
  return { people, calls: [{ ...call, outcome: 'completed' }], tainted: true };
}
