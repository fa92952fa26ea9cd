import { type Api, ApiError } from './api.ts';
import { type Chat, createChat } from './chat.ts';
import { createComposer } from './composer.ts';
import { button, element, fill, outsideLink } from './dom.ts';
import { createHistory, drawHistory, type Summary } from './history.ts';
import { createTurnView, type TurnView } from './turn-view.ts';

// The signed-in page: conversations on one side, the open one on the other.

export interface ConsoleOptions {
  readonly api: Api;
  readonly oauthUrl: string | undefined;
  readonly onSignedOut: (words?: string) => void;
}

const SIGNED_OUT = 'You are signed out: the token is no longer accepted.';

/** Hands a text to the browser's downloads; the address is of this tab only. */
function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element('a', { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

function pageLinks(oauthUrl: string | undefined): HTMLElement | undefined {
  if (oauthUrl === undefined) return undefined;
  const item = (label: string, path: string): HTMLElement =>
    element('li', {}, outsideLink(label, `${oauthUrl}${path}`));
  return element(
    'nav',
    { 'aria-label': 'Your pages' },
    element('h2', {}, 'Yours to decide'),
    element(
      'ul',
      { class: 'plain' },
      item('Connections and grants', '/'),
      item('Questions for you', '/approvals'),
      item('Connect Google', '/connect/google'),
    ),
    element('p', { class: 'soft' }, 'These open at the OAuth API, where only you can answer.'),
  );
}

export function createConsole({ api, oauthUrl, onSignedOut }: ConsoleOptions): void {
  const history = createHistory(api);
  const log = element('div', { class: 'log' });
  const title = element('h1', { class: 'title', tabindex: '-1' }, 'New conversation');
  const tools = element('div', { class: 'conversation-tools' });
  const list = element('ul', { class: 'plain conversations' });
  const heard = element('p', { class: 'unseen', role: 'status' });
  let summaries: readonly Summary[] = [];
  let next: string | undefined;
  let shown: string | undefined;

  const announce = (text: string): void => {
    heard.textContent = text;
  };
  const failed = (error: unknown): void => {
    if (error instanceof ApiError && error.status === 401) onSignedOut(SIGNED_OUT);
    else announce(error instanceof Error ? error.message : 'That did not work.');
  };
  const attempt = (work: () => Promise<void>): void => void work().catch(failed);

  function append(view: TurnView): void {
    log.append(view.node);
    view.node.scrollIntoView({ block: 'start' });
  }

  const chat: Chat = createChat({
    api,
    oauthUrl,
    announce,
    show: append,
    onSignedOut: () => onSignedOut(SIGNED_OUT),
    onChange: () => {
      composer.busy(chat.busy());
      const current = chat.conversation();
      if (!chat.busy() || current !== shown) attempt(() => refresh());
      shown = current;
    },
  });
  const composer = createComposer(
    (text) => void chat.ask(text),
    () => void chat.stop(),
  );

  function draw(): void {
    const current = chat.conversation();
    drawHistory(list, { summaries, current, more: next !== undefined }, { onOpen: open, onMore: more });
    const known = summaries.find(({ id }) => id === current);
    if (known !== undefined) fill(title, known.title);
    fill(tools, ...(current === undefined ? [] : conversationTools(current)));
  }

  async function refresh(): Promise<void> {
    const page = await history.list();
    summaries = page.summaries;
    next = page.next;
    draw();
  }

  const more = (): void =>
    attempt(async () => {
      const page = await history.list(next);
      summaries = [...summaries, ...page.summaries];
      next = page.next;
      draw();
    });

  function startAnew(): void {
    if (chat.busy()) return;
    chat.open(undefined);
    fill(log);
    fill(title, 'New conversation');
    composer.focus();
  }

  const open = (id: string): void =>
    attempt(async () => {
      if (chat.busy()) {
        announce('The agent still works on your question. Stop it first.');
        return;
      }
      const { turns } = await history.read(id);
      chat.open(id);
      const views = turns.map(({ question, turn }) => {
        const view = createTurnView(question, { oauthUrl, onAnswered: () => {} });
        view.settle(turn);
        return view.node;
      });
      fill(log, ...views);
      title.focus();
      log.lastElementChild?.scrollIntoView({ block: 'start' });
    });

  function renameForm(id: string): void {
    const known = summaries.find((summary) => summary.id === id)?.title ?? '';
    const field = element('input', { id: 'title', name: 'title', value: known, maxlength: '200', required: '' });
    const form = element(
      'form',
      { class: 'rename' },
      element('label', { for: 'title' }, 'Name of this conversation'),
      field,
      element('button', { type: 'submit', class: 'strong' }, 'Save'),
      button('Leave it', draw),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      attempt(async () => {
        await history.rename(id, field.value.trim());
        await refresh();
        announce('Renamed.');
      });
    });
    fill(tools, form);
    field.select();
  }

  function confirmRemoval(id: string): void {
    const yes = button(
      'Delete it',
      () =>
        attempt(async () => {
          await history.remove(id);
          startAnew();
          announce('The conversation is deleted.');
        }),
      { class: 'danger' },
    );
    fill(tools, element('span', {}, 'Delete this conversation? '), yes, button('Keep it', draw));
    yes.focus();
  }

  function conversationTools(id: string): readonly HTMLElement[] {
    const save = (format: 'markdown' | 'json', ending: string, type: string) => (): void =>
      attempt(async () => download(`conversation.${ending}`, type, await history.export(id, format)));
    return [
      button('Rename', () => renameForm(id)),
      button('Save as Markdown', save('markdown', 'md', 'text/markdown')),
      button('Save as JSON', save('json', 'json', 'application/json')),
      button('Delete', () => confirmRemoval(id)),
    ];
  }

  const side = element(
    'div',
    { class: 'side', id: 'side' },
    button('New conversation', startAnew, { class: 'strong wide' }),
    element('nav', { 'aria-label': 'Conversations' }, element('h2', {}, 'Conversations'), list),
    pageLinks(oauthUrl),
  );
  const toggle = button(
    'Conversations',
    () => {
      const opened = side.classList.toggle('opened');
      toggle.setAttribute('aria-expanded', String(opened));
    },
    { class: 'toggle', 'aria-expanded': 'false', 'aria-controls': 'side' },
  );
  const header = element(
    'header',
    {},
    element('a', { class: 'skip', href: '#main' }, 'To the conversation'),
    element('span', { class: 'brand' }, 'Sallyport'),
    toggle,
    button('Sign out', () => onSignedOut()),
  );
  const main = element('main', { id: 'main', tabindex: '-1' }, title, tools, log, composer.node);
  fill(document.body, header, element('div', { class: 'columns' }, side, main), heard);
  // Whoever comes back from answering a question elsewhere wants it to go on.
  addEventListener('focus', () => chat.wake());
  attempt(refresh);
  composer.focus();
}
