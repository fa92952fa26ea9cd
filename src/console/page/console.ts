import { type Api, ApiError } from './api.ts';
import { createChat } from './chat.ts';
import { createComposer } from './composer.ts';
import { createConversationTools } from './conversation-tools.ts';
import { button, element, fill } from './dom.ts';
import { createHistory, drawHistory, type PastTurn, type Summary } from './history.ts';
import { createPageLinks, drawTools, listTools } from './side.ts';
import { createTurnView } from './turn-view.ts';

// The signed-in page: conversations on one side, the open one on the other. Which one is open stands in the address, so that a reload finds it.

export interface ConsoleOptions {
  readonly api: Api;
  readonly oauthUrl: string | undefined;
  readonly onSignedOut: (words?: string) => void;
}

const SIGNED_OUT = 'You are signed out: the token is no longer accepted.';
const CONVERSATION = /^#(c_[0-9A-Z]{26})$/;
const NEW = 'New conversation';

/** The page's fixed parts. */
function createFrame(onSignOut: () => void) {
  const title = element('h1', { class: 'title', tabindex: '-1' }, NEW);
  const log = element('div', { class: 'log', role: 'region', 'aria-label': 'What was said', tabindex: '0' });
  const list = element('ul', { class: 'plain conversations' });
  const tools = element('details', { hidden: '' });
  const heard = element('p', { class: 'unseen', role: 'status' });
  const side = element('div', { class: 'side', id: 'side' });
  const toggle = button('Conversations', () => setOpened(!side.classList.contains('opened')), {
    class: 'toggle',
    'aria-controls': 'side',
    'aria-expanded': 'false',
  });
  /** On a narrow screen the side is hidden until it is asked for. */
  const setOpened = (opened: boolean): void => {
    side.classList.toggle('opened', opened);
    toggle.setAttribute('aria-expanded', String(opened));
  };
  const header = element(
    'header',
    {},
    element('a', { class: 'skip', href: '#message' }, 'To your question'),
    element('span', { class: 'brand' }, 'Sallyport'),
    toggle,
    button('Sign out', onSignOut),
  );
  return { title, log, list, tools, heard, side, header, setOpened };
}

export function createConsole(options: ConsoleOptions): void {
  const { api, oauthUrl } = options;
  const history = createHistory(api);
  const frame = createFrame(() => signOut());
  const gone = new AbortController();
  let summaries: readonly Summary[] = [];
  let next: string | undefined;
  let titles: ReadonlyMap<string, string> = new Map();

  const announce = (text: string): void => {
    fill(frame.heard, text);
  };
  const attempt = (work: () => Promise<void>): void =>
    void work().catch((error: unknown) => {
      if (gone.signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) signOut(SIGNED_OUT);
      else announce(error instanceof Error ? error.message : 'That did not work.');
    });

  const chat = createChat({
    api,
    announce,
    createView: (question, onAnswered, onResume) =>
      createTurnView(question, { oauthUrl, onAnswered, onResume, titleOf: (tool) => titles.get(tool) }),
    show: ({ node }) => {
      frame.log.append(node);
      node.scrollIntoView({ block: 'start' });
    },
    onSignedOut: () => signOut(SIGNED_OUT),
    onChange: () => {
      composer.busy(chat.busy());
      window.history.replaceState(
        null,
        '',
        `${location.pathname}${chat.conversation() ? `#${chat.conversation()}` : ''}`,
      );
      attempt(refresh);
    },
  });
  const composer = createComposer(
    (text) => chat.ask(text),
    () => void chat.stop(),
  );
  const tools = createConversationTools({
    history,
    attempt,
    announce,
    onRenamed: refresh,
    onRemoved: startAnew,
  });

  /** Once: what still comes in from before belongs to nobody. */
  function signOut(words?: string): void {
    if (gone.signal.aborted) return;
    gone.abort();
    chat.leave();
    options.onSignedOut(words);
  }

  function draw(): void {
    const current = chat.conversation();
    const known = summaries.find(({ id }) => id === current);
    drawHistory(frame.list, { summaries, current, more: next !== undefined }, { onOpen: open, onMore: more });
    fill(frame.title, known?.title ?? NEW);
    tools.draw(known);
  }

  async function refresh(): Promise<void> {
    ({ summaries, next } = await history.list());
    draw();
  }

  function more(): void {
    attempt(async () => {
      const page = await history.list(next);
      summaries = [...summaries, ...page.summaries];
      next = page.next;
      draw();
    });
  }

  function startAnew(): void {
    chat.open(undefined);
    fill(frame.log);
    frame.setOpened(false);
    composer.focus();
  }

  function showTurns(turns: readonly PastTurn[]): void {
    fill(frame.log);
    for (const { question, turn, state } of turns) chat.show(question, turn, state);
    frame.log.lastElementChild?.scrollIntoView({ block: 'start' });
  }

  function open(id: string): void {
    attempt(async () => {
      const { turns } = await history.read(id);
      chat.open(id);
      showTurns(turns);
      frame.setOpened(false);
      frame.title.focus();
    });
  }

  const { header, side, title, log, list, heard } = frame;
  fill(
    side,
    button(NEW, startAnew, { class: 'strong wide' }),
    element('nav', { 'aria-label': 'Conversations' }, element('h2', {}, 'Conversations'), list),
    createPageLinks(oauthUrl),
    frame.tools,
  );
  const main = element('main', { id: 'main' }, title, tools.node, log, composer.node);
  fill(document.body, header, element('div', { class: 'columns' }, side, main), heard);
  // Whoever comes back from answering a question elsewhere wants it to go on.
  addEventListener('focus', () => chat.wake(), { signal: gone.signal });
  attempt(async () => {
    const found = await listTools(api);
    titles = new Map(found.map((tool) => [tool.name, tool.title]));
    drawTools(frame.tools, found);
  });
  const wanted = CONVERSATION.exec(location.hash)?.[1];
  if (wanted === undefined) attempt(refresh);
  else open(wanted);
  composer.focus();
}
