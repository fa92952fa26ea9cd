import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { visibleText } from '../../kernel/visible-text.ts';

// The frame of every page. `hono/html` escapes what is put into a template; nothing here is marked as safe by hand.

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface Frame {
  /** Base of every link. */
  readonly publicUrl: string;
  /** For the hidden field of each form. */
  readonly csrf: string;
  /** Who is signed in, if anybody. */
  readonly name?: string | undefined;
}

export const csrfField = (frame: Frame): Html => html`<input type="hidden" name="csrf" value="${frame.csrf}">`;

/** Text of others, on a page. */
export const visible = visibleText;

function signedIn(frame: Frame): Html | '' {
  if (frame.name === undefined) return '';
  return html`<form method="post" action="${frame.publicUrl}/sign-out">${csrfField(frame)}
<span>${visible(frame.name)}</span> <button type="submit">Sign out</button></form>`;
}

export function layout(frame: Frame, title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Sallyport</title>
<link rel="stylesheet" href="${frame.publicUrl}/style.css">
</head>
<body>
<header><a href="${frame.publicUrl}/">Sallyport</a>${signedIn(frame)}</header>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>Sallyport lets an agent act for you only as far as you said so here, and lets you take it back here.</footer>
</body>
</html>
`;
}
