import { html } from 'hono/html';
import type { Question } from '../approvals.ts';
import { approvalCard } from './approval-page.ts';
import { csrfField, type Frame, type Html, layout, visible } from './layout.ts';

// A person's own pages: what is connected, who may act, what waits for a yes, and the way back from each.

export interface ConnectionView {
  readonly status: 'connected' | 'revoked' | 'absent' | 'unreadable';
  readonly account?: string | undefined;
  readonly may: readonly string[];
}

export interface GrantView {
  readonly agent: string;
  readonly agentName: string;
  readonly may: readonly string[];
  readonly until: string;
}

export interface GrantFormView {
  readonly agents: readonly { readonly id: string; readonly name: string }[];
  readonly scopes: readonly { readonly scope: string; readonly words: string }[];
  readonly days: number;
  readonly maxDays: number;
}

export function connectionSection(frame: Frame, connection: ConnectionView): Html {
  const base = `${frame.publicUrl}/connections/google`;
  if (connection.status !== 'connected') {
    return html`<div class="card"><p>${connection.status === 'unreadable' ? 'Your Google account has to be connected again.' : 'No Google account is connected.'}</p>
<form method="post" action="${base}">${csrfField(frame)}<p class="actions"><button class="strong" type="submit">Connect Google Calendar</button></p></form></div>`;
  }
  return html`<div class="card"><p>Google Calendar${connection.account === undefined ? '' : html`, account <strong>${visible(connection.account)}</strong>`}</p>
<ul>${connection.may.map((words) => html`<li>${words}</li>`)}</ul>
<div class="actions">
<form method="post" action="${base}">${csrfField(frame)}<button type="submit">Connect again</button></form>
<form method="post" action="${base}/disconnect">${csrfField(frame)}<button type="submit">Disconnect</button></form>
</div></div>`;
}

export function grantSection(frame: Frame, grants: readonly GrantView[]): Html {
  if (grants.length === 0) return html`<div class="card"><p>No agent may act for you.</p></div>`;
  return html`${grants.map(
    (grant) => html`<div class="card"><p><strong>${visible(grant.agentName)}</strong> may, until ${grant.until}:</p>
<ul>${grant.may.map((words) => html`<li>${words}</li>`)}</ul>
<form class="actions" method="post" action="${frame.publicUrl}/grants/${grant.agent}/revoke">${csrfField(frame)}
<button type="submit">Take it back</button></form></div>`,
  )}`;
}

export function grantForm(frame: Frame, view: GrantFormView): Html {
  return html`<details class="card"><summary>Let an agent act for you</summary>
<form method="post" action="${frame.publicUrl}/grants">${csrfField(frame)}
<p><label for="agent">Agent</label>
<select id="agent" name="agent">${view.agents.map(({ id, name }) => html`<option value="${id}">${name}</option>`)}</select></p>
<fieldset><legend>It may</legend>${view.scopes.map(
    ({ scope, words }) => html`<label><input type="checkbox" name="scopes" value="${scope}"> ${words}</label>`,
  )}</fieldset>
<p><label for="days">For how many days</label>
<input id="days" name="days" type="number" min="1" max="${view.maxDays}" value="${view.days}" required></p>
<p class="actions"><button class="strong" type="submit">Allow</button></p></form></details>`;
}

export function connectionsPage(frame: Frame, connection: ConnectionView): Html {
  return layout(frame, 'Connections', connectionSection(frame, connection));
}

export function grantsPage(frame: Frame, grants: readonly GrantView[], form: GrantFormView): Html {
  return layout(frame, 'Who may act for you', html`${grantSection(frame, grants)}${grantForm(frame, form)}`);
}

export interface HomePageInput {
  readonly questions: readonly Question[];
  readonly connection: ConnectionView;
  readonly grants: readonly GrantView[];
  readonly grantForm: GrantFormView;
  /** The sign-in provider that this person could link; absent when there is none or it is linked. */
  readonly linkWith?: string | undefined;
}

export function homePage(frame: Frame, input: HomePageInput): Html {
  const link = (
    label: string,
  ): Html => html`<h2>Signing in</h2><div class="card"><p>This browser was vouched for by your terminal.
Link a sign-in of yours to come back without it.</p>
<form class="actions" method="post" action="${frame.publicUrl}/sign-in/link">${csrfField(frame)}
<button type="submit">Link my sign-in with ${label}</button></form></div>`;
  const questions = input.questions.map((question) => approvalCard(frame, question));
  return layout(
    frame,
    'What you have allowed',
    html`<h2>Questions for you</h2>
${questions.length === 0 ? html`<div class="card"><p>Nothing waits for your answer.</p></div>` : questions}
<h2>Connections</h2>${connectionSection(frame, input.connection)}
<h2>Who may act for you</h2>${grantSection(frame, input.grants)}${grantForm(frame, input.grantForm)}
${input.linkWith === undefined ? '' : link(input.linkWith)}
<p><a href="${frame.publicUrl}/identities">What proves who you are</a></p>`,
  );
}
