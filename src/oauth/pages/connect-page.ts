import { html } from 'hono/html';
import { csrfField, type Frame, type Html, layout, visible } from './layout.ts';

// What a connect link shows: whose it is, which agent it is about, what will be allowed, and the one next step of this browser.

export type ConnectStep =
  /** This browser is that person's: on to Google. */
  | { readonly kind: 'google' }
  /** The terminal that made the link must vouch for this browser first. */
  | { readonly kind: 'loopback'; readonly signIn?: SignInLink }
  | { readonly kind: 'sign_in'; readonly signIn: SignInLink }
  /** Somebody else is signed in here. */
  | { readonly kind: 'other_person' }
  | { readonly kind: 'no_way' };

export interface SignInLink {
  readonly url: string;
  readonly label: string;
}

export interface ConnectPageInput {
  readonly ticket: string;
  readonly personName: string;
  readonly agentName: string;
  readonly may: readonly string[];
  readonly days: number;
  readonly step: ConnectStep;
}

function form(frame: Frame, ticket: string, label: string): Html {
  return html`<form method="post" action="${frame.publicUrl}/connect/google">${csrfField(frame)}
<input type="hidden" name="ticket" value="${ticket}">
<p class="actions"><button class="strong" type="submit">${label}</button></p></form>`;
}

const signInParagraph = (link: SignInLink): Html => html`<p><a href="${link.url}">Sign in with ${link.label}</a></p>`;

function nextStep(frame: Frame, input: ConnectPageInput): Html {
  const name = visible(input.personName);
  switch (input.step.kind) {
    case 'google':
      return html`<p>Google will ask you next. Choose the account whose calendar you want to use.</p>
${form(frame, input.ticket, 'Continue to Google')}`;
    case 'loopback':
      return html`<p>First the terminal where you asked for this link confirms that this is your browser.</p>
${form(frame, input.ticket, 'Continue')}${input.step.signIn === undefined ? '' : signInParagraph(input.step.signIn)}`;
    case 'sign_in':
      return html`<p>First sign in, so that it is certain that this is your browser.</p>${signInParagraph(input.step.signIn)}`;
    case 'other_person':
      return html`<p role="alert">Somebody else is signed in here. If you are ${name}, sign out above, then open the link again.</p>`;
    case 'no_way':
      return html`<p role="alert">This browser cannot show whose it is. Ask for the link again in a terminal on this computer:
the <code>sallyport</code> command then opens the page and vouches for it.</p>`;
  }
}

export function connectPage(frame: Frame, input: ConnectPageInput): Html {
  const name = visible(input.personName);
  return layout(
    frame,
    'Connect Google Calendar',
    html`<div class="card">
<p>This link connects a Google account to <strong>${name}</strong>’s Sallyport. The agent <strong>${visible(input.agentName)}</strong> may then, for ${name}
and for ${input.days} ${input.days === 1 ? 'day' : 'days'}:</p>
<ul>${input.may.map((words) => html`<li>${words}</li>`)}</ul>
<p>It can be taken back here at any time.</p>
</div>
<div class="card">${nextStep(frame, input)}</div>
<p class="soft">You are not ${name}, or did not ask for this? Close this page: going on would give ${name}’s agent your calendar.</p>`,
  );
}

export interface ConnectedPageInput {
  readonly agentName: string;
  readonly may: readonly string[];
  readonly until: string;
  readonly notWorking: readonly string[];
}

export function connectedPage(frame: Frame, input: ConnectedPageInput): Html {
  const missing = html`<div class="card warn"><p>You left something unticked at Google. This will not work:</p>
<ul>${input.notWorking.map((words) => html`<li>${words}</li>`)}</ul>
<p>To allow it after all, connect again and tick every box.</p></div>`;
  return layout(
    frame,
    'Google Calendar is connected',
    html`<div class="card"><p>Until ${input.until}, <strong>${visible(input.agentName)}</strong> may:</p>
<ul>${input.may.map((words) => html`<li>${words}</li>`)}</ul>
<p>You can close this page.</p></div>
${input.notWorking.length === 0 ? '' : missing}
<p><a href="${frame.publicUrl}/">See and take back what is allowed</a></p>`,
  );
}
