import { html } from 'hono/html';
import { isoTime } from '../../kernel/iso-time.ts';
import type { Question } from '../approvals.ts';
import { csrfField, type Frame, type Html, layout, visible } from './layout.ts';

// One question of an agent to its person: what will happen in words, and exactly what will be sent.

function prettyArguments(canonical: string): string {
  try {
    return JSON.stringify(JSON.parse(canonical), null, 2);
  } catch {
    return canonical;
  }
}

const clockTime = (unixSeconds: number): string => `${isoTime(unixSeconds).slice(11, 16)} UTC`;

function answer(frame: Frame, { record, status }: Question): Html {
  if (status !== 'pending') {
    return status === 'yes'
      ? html`<p role="status">You said <strong>yes</strong>. The agent may do this once, until ${clockTime(record.expires_at)}.</p>`
      : html`<p role="status">You said <strong>no</strong>. The agent cannot do this.</p>`;
  }
  return html`<form method="post" action="${frame.publicUrl}/approvals/${record.id}">${csrfField(frame)}
<input type="hidden" name="instance" value="${record.instance}">
<p class="actions"><button class="strong" type="submit" name="decision" value="yes">Yes, do it once</button>
<button type="submit" name="decision" value="no">No</button>
<span class="soft">open until ${clockTime(record.expires_at)}</span></p></form>`;
}

/** What kind of thing it is, and whether it can be taken back. */
function consequences({ effect, undo }: Question['record']): Html {
  if (effect === undefined) return html``;
  const back = undo ?? 'Nothing takes it back.';
  return html`<p>${visible(effect)} <span class="soft">To undo it: ${visible(back)}</span></p>`;
}

/** `open` shows the arguments at once: where this question is all there is to read. */
export function approvalCard(frame: Frame, question: Question, open = false): Html {
  const { record } = question;
  const sent = html`<summary>Exactly what will be sent</summary><pre>${visible(prettyArguments(record.arguments))}</pre>`;
  return html`<div class="card">
<p><strong>${visible(record.summary)}</strong></p>
${consequences(record)}
<p class="soft">Asked by ${visible(record.agent)}, with the tool <code>${visible(record.tool)}</code>.</p>
${open ? html`<details open>${sent}</details>` : html`<details>${sent}</details>`}
${answer(frame, question)}</div>`;
}

export function approvalPage(frame: Frame, question: Question): Html {
  const title = question.status === 'pending' ? 'May the agent do this?' : 'Your answer';
  return layout(frame, title, approvalCard(frame, question, true));
}

export function approvalsPage(frame: Frame, questions: readonly Question[]): Html {
  const none = html`<div class="card"><p>Nothing waits for your answer.</p></div>`;
  const cards = questions.map((question) => approvalCard(frame, question));
  return layout(frame, 'Questions for you', html`${cards.length === 0 ? none : cards}`);
}
