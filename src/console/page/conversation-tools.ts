import { button, element, fill } from './dom.ts';
import type { History } from './history.ts';

// What can be done with the open conversation: another name, a copy to keep, deleting it. Deleting asks first, for nothing brings it back.

export interface ConversationTools {
  readonly node: HTMLElement;
  /** For this conversation, or none. */
  draw(current: { readonly id: string; readonly title: string } | undefined): void;
}

export interface ConversationToolsDeps {
  readonly history: History;
  /** Runs work whose failure is told to the person. */
  readonly attempt: (work: () => Promise<void>) => void;
  readonly announce: (text: string) => void;
  readonly onRenamed: () => Promise<void>;
  readonly onRemoved: () => void;
}

const MAX_TITLE_CHARACTERS = 200;

/** Hands a text to the browser's downloads; the address is of this tab only. */
function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

export function createConversationTools(deps: ConversationToolsDeps): ConversationTools {
  const { history, attempt, announce } = deps;
  const node = element('div', { class: 'conversation-tools' });
  let current: { readonly id: string; readonly title: string } | undefined;

  function renameForm(id: string, title: string): void {
    const field = element('input', {
      id: 'title',
      name: 'title',
      value: title,
      maxlength: String(MAX_TITLE_CHARACTERS),
      required: '',
    });
    const form = element(
      'form',
      { class: 'rename' },
      element('label', { for: 'title' }, 'Name of this conversation'),
      field,
      element('button', { type: 'submit', class: 'strong' }, 'Save'),
      button('Leave it', showButtons),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      attempt(async () => {
        await history.rename(id, field.value.trim());
        await deps.onRenamed();
        announce('Renamed.');
      });
    });
    fill(node, form);
    field.select();
  }

  function askRemoval(id: string): void {
    const remove = async (): Promise<void> => {
      await history.remove(id);
      deps.onRemoved();
      announce('The conversation is deleted.');
    };
    const yes = button('Delete it', () => attempt(remove), { class: 'danger' });
    fill(node, element('span', {}, 'Delete this conversation for good?'), yes, button('Keep it', showButtons));
    yes.focus();
  }

  function showButtons(): void {
    if (current === undefined) {
      fill(node);
      return;
    }
    const { id, title } = current;
    const save = (format: 'markdown' | 'json', ending: string, type: string) => (): void =>
      attempt(async () => download(`${id}.${ending}`, type, await history.export(id, format)));
    fill(
      node,
      button('Rename', () => renameForm(id, title)),
      button('Save as Markdown', save('markdown', 'md', 'text/markdown')),
      button('Save as JSON', save('json', 'json', 'application/json')),
      button('Delete', () => askRemoval(id)),
    );
  }

  return {
    node,
    draw(conversation) {
      current = conversation;
      showButtons();
    },
  };
}
