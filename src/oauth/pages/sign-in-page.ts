import { html } from 'hono/html';
import { csrfField, type Frame, type Html, layout, visible } from './layout.ts';

// Where a browser that is nobody's yet finds its ways in.

export interface SignInPageInput {
  /** A ticket from a terminal: this browser may become that person's. */
  readonly ticket?: { readonly id: string; readonly personName: string } | undefined;
  readonly provider?: { readonly url: string; readonly label: string } | undefined;
}

export function signInPage(frame: Frame, { ticket, provider }: SignInPageInput): Html {
  const viaTerminal =
    ticket === undefined
      ? html`<p>With the <code>sallyport</code> command on this computer: <code>sallyport open</code> opens this page signed in.</p>`
      : html`<p>The terminal where <strong>${visible(ticket.personName)}</strong> asked for this page confirms that this is their browser.</p>
<form method="post" action="${frame.publicUrl}/sign-in">${csrfField(frame)}
<input type="hidden" name="ticket" value="${ticket.id}">
<p class="actions"><button class="strong" type="submit">Sign in as ${visible(ticket.personName)}</button></p></form>`;
  const viaProvider =
    provider === undefined ? '' : html`<p><a href="${provider.url}">Sign in with ${provider.label}</a></p>`;
  return layout(frame, 'Sign in', html`<div class="card">${viaProvider}${viaTerminal}</div>`);
}

/** A page that goes on by itself: a redirect straight from a form would have to be allowed by `form-action`, for origins not known beforehand. */
export function onwardPage(frame: Frame, input: { readonly url: string; readonly label: string }): Html {
  return layout(
    frame,
    `On to ${input.label}`,
    html`<meta http-equiv="refresh" content="0; url=${input.url}">
<div class="card"><p>Sign in there with the account you want to link.</p><p><a href="${input.url}">Go on</a></p></div>`,
  );
}
