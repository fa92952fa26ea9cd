import { button, element } from './dom.ts';
import { looksLikeToken } from './session.ts';

// Where this tab gets its token when the command line did not bring it.

export interface SignInView {
  readonly node: HTMLElement;
  readonly field: HTMLInputElement;
}

export function createSignIn(onToken: (token: string) => void, problem?: string): SignInView {
  const field = element('input', {
    id: 'token',
    name: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: '',
    'aria-describedby': 'token-help token-problem',
  });
  const said = element('p', { id: 'token-problem', class: 'failure', role: 'alert' }, problem ?? '');
  const form = element(
    'form',
    { class: 'sign-in card' },
    element('label', { for: 'token' }, 'Your token for the agent'),
    field,
    element(
      'p',
      { id: 'token-help', class: 'soft' },
      'It begins with sp_. It stays in this tab and is gone when you close it. ',
      element('code', {}, 'sallyport console'),
      ' opens this page without asking for it.',
    ),
    said,
    element('p', { class: 'actions' }, element('button', { type: 'submit', class: 'strong' }, 'Sign in')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = field.value.trim();
    if (looksLikeToken(token)) onToken(token);
    else said.textContent = 'This does not look like a token.';
  });
  const node = element('main', { id: 'main', class: 'narrow' }, element('h1', {}, 'Sign in to your agent'), form);
  return { node, field };
}

/** Asks whether a token that came with the address is the person's own doing. */
export function createHandOver(onAnswer: (accepted: boolean) => void): {
  readonly node: HTMLElement;
  readonly first: HTMLElement;
} {
  const refuse = button('No', () => onAnswer(false), { id: 'refuse' });
  const accept = button('Sign in', () => onAnswer(true), { id: 'accept', class: 'strong' });
  const words =
    'A link has brought a token to this page. Sign in with it only if you have just run this command yourself: whoever else made the link could read what you ask here.';
  const node = element(
    'main',
    { id: 'main', class: 'narrow' },
    element('h1', {}, 'Sign in with this link?'),
    element(
      'div',
      { class: 'sign-in card' },
      element('p', {}, words),
      element('p', {}, element('code', {}, 'sallyport console')),
      element('p', { class: 'actions' }, accept, refuse),
    ),
  );
  return { node, first: accept };
}
