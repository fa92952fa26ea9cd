import type { Api } from './api.ts';
import type { TurnState } from './chat.ts';
import { button, element, fill } from './dom.ts';
import { listOf, membersOf, readCall, type Turn, textOf } from './shapes.ts';

// The person's conversations beside the one that is open: listed page by page, opened, renamed, exported, deleted.

export interface Summary {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: string;
}

/** A turn as it lies in a conversation. */
export interface PastTurn {
  readonly question: string;
  readonly turn: Turn;
  readonly state: TurnState;
}

export interface History {
  list(cursor?: string): Promise<{ readonly summaries: readonly Summary[]; readonly next: string | undefined }>;
  read(id: string): Promise<{ readonly title: string; readonly turns: readonly PastTurn[] }>;
  rename(id: string, title: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** A file for the person to keep. */
  export(id: string, format: 'markdown' | 'json'): Promise<string>;
}

const readSummary = (item: Readonly<Record<string, unknown>>): Summary => ({
  id: textOf(item['conversation_id']),
  title: textOf(item['title']) || 'Untitled',
  updatedAt: textOf(item['updated_at']),
});

/** What was said in a turn, as far as it is kept: the question, the calls in their order, and the last words. */
function readPastTurn(conversation: string, item: Readonly<Record<string, unknown>>): PastTurn {
  const messages = listOf(item['messages'], (message) => message);
  const failed = new Set(
    messages.filter((message) => message['is_error'] === true).map((message) => textOf(message['call_id'])),
  );
  const answered = new Set(messages.map((message) => textOf(message['call_id'])));
  const calls = messages
    .flatMap((message) => listOf(message['tool_calls'], (call) => call))
    .map((call) => {
      const id = textOf(call['id']);
      const outcome = failed.has(id) ? 'failed' : answered.has(id) ? 'completed' : 'waiting';
      return readCall({ ...call, outcome });
    });
  const words = messages.filter((message) => message['role'] === 'assistant').map((message) => textOf(message['text']));
  const status = textOf(item['status']);
  const underWay = status === 'running' || status === 'approval_required';
  return {
    question: textOf(messages.find((message) => message['role'] === 'user')?.['text']),
    state: status === 'interrupted' ? 'interrupted' : underWay ? 'under_way' : 'ended',
    turn: {
      id: textOf(item['turn']),
      conversation,
      status: status === 'interrupted' ? 'running' : status,
      answer: words.findLast((text) => text !== ''),
      error: undefined,
      calls,
      approvals: [],
      usage: undefined,
    },
  };
}

const at = (id: string): string => `/api/conversations/${encodeURIComponent(id)}`;

export function createHistory(api: Api): History {
  return {
    async list(cursor) {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const answer = membersOf(await api.json('GET', `/api/conversations${query}`));
      const next = textOf(answer['cursor']);
      return { summaries: listOf(answer['conversations'], readSummary), next: next === '' ? undefined : next };
    },
    async read(id) {
      const answer = membersOf(await api.json('GET', at(id)));
      const turns = listOf(answer['turns'], (turn) => readPastTurn(id, turn));
      return { title: readSummary(answer).title, turns };
    },
    rename: async (id, title) => void (await api.json('PATCH', at(id), { title })),
    remove: async (id) => void (await api.json('DELETE', at(id))),
    export: (id, format) => api.text('POST', `${at(id)}/export`, { format }),
  };
}

export interface HistoryListActions {
  readonly onOpen: (id: string) => void;
  readonly onMore: () => void;
}

export function drawHistory(
  list: HTMLElement,
  { summaries, current, more }: { summaries: readonly Summary[]; current: string | undefined; more: boolean },
  actions: HistoryListActions,
): void {
  const items = summaries.map(({ id, title, updatedAt }) => {
    const when = new Date(updatedAt);
    const day = Number.isNaN(when.getTime()) ? '' : when.toLocaleDateString([], { day: 'numeric', month: 'short' });
    const open = button(title, () => actions.onOpen(id), {
      class: 'conversation',
      'data-conversation': id,
      'aria-current': id === current ? 'true' : undefined,
    });
    return element('li', {}, open, element('span', { class: 'soft day' }, day));
  });
  const none = element('li', { class: 'soft' }, 'None yet.');
  const next = more ? element('li', {}, button('Show older ones', actions.onMore)) : undefined;
  fill(list, ...(items.length === 0 ? [none] : items), next);
}
