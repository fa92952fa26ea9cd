import { html } from 'hono/html';
import { csrfField, type Frame, type Html, layout, visible } from './layout.ts';

// Where a person sees what proves who they are, takes it back, and lets a further identity prove it.

export interface IdentityView {
  readonly identity: string;
  readonly words: string;
  /** This very session was opened with it. */
  readonly here: boolean;
}

/** What each kind of identity is, to the person who has it. */
export function identityInWords(identity: string): string {
  const [kind = '', where = ''] = identity.split(':', 2);
  const who = identity.slice(kind.length + where.length + 2);
  if (kind === 'slack') return `the Slack member ${who} of the workspace ${where}`;
  if (kind === 'iam') return `the AWS identity ${who} of the account ${where}`;
  if (kind === 'token') return `the token ${where}`;
  return `the account ${who} at ${where}`;
}

export function identitiesPage(frame: Frame, identities: readonly IdentityView[]): Html {
  const card = ({ identity, words, here }: IdentityView): Html => html`<div class="card"><p>${visible(words)}</p>
<p class="soft"><small><code>${visible(identity)}</code></small></p>
<form class="actions" method="post" action="${frame.publicUrl}/identities/unlink">${csrfField(frame)}
<input type="hidden" name="identity" value="${identity}">
<button type="submit">Unlink</button>${here ? ' (signs this browser out)' : ''}</form></div>`;
  const none = html`<div class="card"><p>Only tokens of your own prove who you are.</p></div>`;
  return layout(
    frame,
    'What proves who you are',
    html`<p>Whoever comes by one of these is taken for you.</p>${identities.length === 0 ? none : identities.map(card)}`,
  );
}

export interface LinkPageInput {
  readonly ticket: string;
  readonly words: string;
  /** How the other half is brought back. */
  readonly by: 'terminal' | 'code';
}

export function linkPage(frame: Frame, { ticket, words, by }: LinkPageInput): Html {
  const next =
    by === 'terminal'
      ? html`<p>The terminal on this computer where you asked for it confirms it next.</p>`
      : html`<p>You get a code next, to type there. If somebody sent you this link, close the page.</p>`;
  return layout(
    frame,
    'Is this you as well?',
    html`<div class="card"><p><strong>${visible(words)}</strong> asks to be taken for <strong>${visible(frame.name ?? '')}</strong>.</p>
<p>From then on whatever that identity asks is asked in your name, with everything you have allowed. Go on only if it is your own
and you asked for this link yourself a moment ago.</p>${next}
<form class="actions" method="post" action="${frame.publicUrl}/identities/link">${csrfField(frame)}
<input type="hidden" name="ticket" value="${ticket}">
<button class="strong" type="submit">This is me</button></form></div>`,
  );
}

export function codePage(frame: Frame, input: { readonly words: string; readonly code: string }): Html {
  return layout(
    frame,
    'One step more',
    html`<div class="card"><p>Go back to where you got the link, as ${visible(input.words)}, and type within ten minutes:</p>
<p><strong><code>/sallyport link ${input.code}</code></strong></p>
<p>Type it yourself and give it to nobody: with it, its sender can act as you.</p></div>`,
  );
}
