import type { ConversationView, MessageView, TurnInConversation } from './conversation-view.ts';

// A conversation as Markdown, to be read elsewhere. What was said in it is text and stays text: nothing in it becomes a picture, a link or
// markup when the file is rendered, whoever wrote it.

/** Every character that CommonMark or its usual extensions (tables, strikethrough, autolinks, mathematics) may read as markup. */
const MARKUP = /[\\`*_{}[\]<>()#+\-.!|~$&:@="'^%]/g;
/** Control and format characters, of which some turn a line around. Line feeds stay. */
const UNSHOWN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** CommonMark §2.4: a backslash before ASCII punctuation makes it literal. */
function escapeLine(line: string): string {
  // Four spaces at a line's beginning would make it code.
  return line.trimStart().replace(MARKUP, '\\$&');
}

const clean = (text: string): string => text.replace(/\r\n?/g, '\n').replace(UNSHOWN, '');

function quote(text: string): string {
  return clean(text)
    .split('\n')
    .map((line) => (line.trim() === '' ? '>' : `> ${escapeLine(line)}  `))
    .join('\n');
}

const inLine = (text: string): string => escapeLine(clean(text).replace(/\n/g, ' '));

/** A fence that nothing inside can close. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}

function writeMessage(message: MessageView): readonly string[] {
  switch (message.role) {
    case 'user':
      return ['**You**', quote(message.text)];
    case 'assistant': {
      const said = message.text.trim() === '' ? [] : ['**Assistant**', quote(message.text)];
      const calls = message.tool_calls.flatMap((call) => [
        `**Call** ${inLine(call.tool)}`,
        fenced(JSON.stringify(call.arguments, null, 2)),
      ]);
      return [...said, ...calls];
    }
    case 'tool':
      return [`**${message.is_error ? 'Failed' : 'Result'}** ${inLine(message.tool)}`, quote(message.text)];
  }
}

const words: Readonly<Record<TurnInConversation['status'], string>> = {
  running: 'still being worked on',
  approval_required: 'waits for your yes',
  completed: '',
  failed: 'failed',
  cancelled: 'stopped by you',
  interrupted: 'broken off',
};

function writeTurn(turn: TurnInConversation): string {
  const note = words[turn.status];
  const heading = `## ${turn.asked_at}${note === '' ? '' : ` (${note})`}`;
  return [heading, ...turn.messages.flatMap(writeMessage)].join('\n\n');
}

/** Ends in a line feed. */
export function conversationMarkdown(view: ConversationView, exportedAt: string): string {
  const dropped = view.dropped_turns === 0 ? [] : [`The ${view.dropped_turns} oldest questions are not kept any more.`];
  const title = view.title === '' ? 'Conversation' : inLine(view.title);
  const about = `Begun ${view.created_at}, last changed ${view.updated_at}, exported ${exportedAt}.`;
  return `${[`# ${title}`, about, ...dropped, ...view.turns.map(writeTurn)].join('\n\n')}\n`;
}
