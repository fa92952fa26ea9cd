import { html } from 'hono/html';
import { type Frame, type Html, layout } from './layout.ts';

// A page that says one thing and offers at most one way on.

export interface Message {
  readonly title: string;
  readonly text: string;
  readonly next?: { readonly url: string; readonly label: string } | undefined;
}

export interface Failure extends Message {
  readonly code: string;
  readonly requestId: string;
}

const nextLink = (next: Message['next']): Html | '' =>
  next === undefined ? '' : html`<p class="actions"><a href="${next.url}">${next.label}</a></p>`;

export function messagePage(frame: Frame, message: Message): Html {
  return layout(frame, message.title, html`<div class="card"><p>${message.text}</p>${nextLink(message.next)}</div>`);
}

/** The same facts that a client finds in `{error: {code, message, request_id}}`. */
export function failurePage(frame: Frame, failure: Failure): Html {
  return layout(
    frame,
    failure.title,
    html`<div class="card warn" role="alert"><p>${failure.text}</p>${nextLink(failure.next)}</div>
<p class="soft"><small>Code <code>${failure.code}</code>, request <code>${failure.requestId}</code></small></p>`,
  );
}
