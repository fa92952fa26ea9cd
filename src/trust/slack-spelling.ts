// What Slack gives back of a text that it was sent: the same, but for `&`, `<` and `>` escaped and emoji by their names. Where a text has no emoji,
// none may be there by name, and beside one that it has nothing else may have changed.
//
// Names are not looked up: they are Slack's own, and a workspace's. One name for one emoji, in its very place, is all that is believed.

const ESCAPES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

const unescaped = (text: string): string => text.replace(/&(?:amp|lt|gt);/g, (escaped) => ESCAPES[escaped] ?? escaped);

const JOINER = '\u200d';
const PART = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?\p{Emoji_Modifier}?\ufe0f?`;
/** One emoji as a reader sees it: a flag, a key, or a pictograph with its skin tone, and others joined to it. */
const EMOJI = new RegExp(
  String.raw`(\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3|${PART}(?:${JOINER}${PART})*)`,
  'u',
);
const NAME = /:[a-z0-9_+'-]{1,64}:\ufe0f?/y;
/** `:people_holding_hands:` may have two of them. */
const SKIN_TONE = /:skin-tone-[2-6](?:-[2-6])?:/y;
const HAS_SKIN_TONE = /.\p{Emoji_Modifier}/u;

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Where the text goes on behind this emoji, which stands there itself or by its name. One of joined parts may be given part by part. */
function behindEmoji(text: string, at: number, emoji: string): number | undefined {
  if (text.startsWith(emoji, at)) return at + emoji.length;
  const hasTone = HAS_SKIN_TONE.test(emoji);
  let end = at;
  for (const [index] of emoji.split(JOINER).entries()) {
    if (index > 0 && text[end] !== JOINER) return end;
    const named = endOf(NAME, text, index > 0 ? end + 1 : end);
    if (named === undefined) return undefined;
    end = hasTone ? (endOf(SKIN_TONE, text, named) ?? named) : named;
  }
  return end;
}

/** Whether a text that Slack shows is the one that it was sent. In one pass over both. */
export function sameInSlack(shown: string, sent: string): boolean {
  const text = unescaped(shown);
  let at = 0;
  // Words and emoji by turns.
  for (const [index, piece] of unescaped(sent).split(EMOJI).entries()) {
    const isEmoji = index % 2 === 1;
    const end = isEmoji ? behindEmoji(text, at, piece) : at + piece.length;
    if (end === undefined || (!isEmoji && !text.startsWith(piece, at))) return false;
    at = end;
  }
  return at === text.length;
}
