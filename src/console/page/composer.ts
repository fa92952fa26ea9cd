import { element } from './dom.ts';

// Where the person writes. Enter sends, as in any chat; Shift+Enter is a new line. While a turn runs the same place stops it.

const MAX_CHARACTERS = 8000;

export interface Composer {
  readonly node: HTMLFormElement;
  focus(): void;
  busy(busy: boolean): void;
}

export function createComposer(onSend: (text: string) => void, onStop: () => void): Composer {
  const field = element('textarea', {
    id: 'message',
    name: 'message',
    rows: '2',
    maxlength: String(MAX_CHARACTERS),
    placeholder: 'Am I free tomorrow at three?',
  });
  const send = element('button', { type: 'submit', class: 'strong' }, 'Send');
  const stop = element('button', { type: 'button', hidden: '' }, 'Stop');
  const node = element(
    'form',
    { class: 'composer', 'aria-label': 'Ask the agent' },
    element('label', { for: 'message', class: 'unseen' }, 'Your question'),
    field,
    element('div', { class: 'composer-buttons' }, send, stop),
  );
  let working = false;

  node.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (working || text === '') return;
    field.value = '';
    onSend(text);
  });
  field.addEventListener('keydown', (event) => {
    // An Enter that ends the choice of a character (IME) is not meant for us.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    node.requestSubmit();
  });
  stop.addEventListener('click', onStop);
  return {
    node,
    focus: () => field.focus(),
    busy(busy) {
      working = busy;
      send.hidden = busy;
      stop.hidden = !busy;
    },
  };
}
