import type { TurnCall } from './turn-record.ts';

// What an answer claims to have been done, held against what was done. Patterns read a few languages and common ways to say it; whoever words
// it otherwise is answered by the lines about what was not done, and by the list of calls beside every answer.

type Effect = 'created' | 'changed' | 'deleted' | 'sent';

const EFFECTS: Readonly<Record<string, Effect>> = {
  createevent: 'created',
  updateevent: 'changed',
  deleteevent: 'deleted',
  send_push_notification: 'sent',
};

const said = (words: string): RegExp => new RegExp(words, 'iu');
/** "I have booked", and "I found a slot and booked". */
const DONE = String.raw`\b(?:I(?:['’]ve| have)?|has been|have been|is now|are now|successfully|I\b[^.!?\n]{0,120}\b(?:and|then))(?: (?:have|just|now|also|then|already|successfully))* `;
const HABE = String.raw`\b(?:habe|hab|wurde|wurden)\b[^.!?\n]{0,80}\b`;
const AI = String.raw`(?<!\p{L})(?:j['’]ai|a été|ont été)(?!\p{L})[^.!?\n]{0,60}(?<!\p{L})`;
const HE = String.raw`(?<!\p{L})(?:he|ha sido|han sido)(?!\p{L})[^.!?\n]{0,60}(?<!\p{L})`;
const END = String.raw`(?!\p{L})`;

interface Claim {
  readonly patterns: readonly RegExp[];
  /** Any of these makes it true. */
  readonly by: readonly Effect[];
}

const ANY: readonly Effect[] = ['created', 'changed', 'deleted', 'sent'];

const CLAIMS: readonly Claim[] = [
  {
    patterns: [
      said(`${DONE}(?:booked|scheduled|created|added|set up|put)\\b`),
      said(`${HABE}(?:gebucht|eingetragen|erstellt|angelegt)${END}`),
      said(`${AI}(?:réservée?s?|créée?s?|ajoutée?s?|planifiée?s?)${END}`),
      said(`${HE}(?:reservad[oa]s?|reservado|cread[oa]s?|añadid[oa]s?|programad[oa]s?)${END}`),
    ],
    by: ['created', 'changed'],
  },
  {
    patterns: [
      said(`${DONE}(?:moved|rescheduled|updated|changed|renamed|extended|shortened|invited)\\b`),
      said(`${HABE}(?:verschoben|geändert|aktualisiert|eingeladen)${END}`),
      said(`${AI}(?:déplacée?s?|modifiée?s?|invitée?s?)${END}`),
      said(`${HE}(?:movid[oa]s?|cambiad[oa]s?|modificad[oa]s?|invitad[oa]s?)${END}`),
    ],
    by: ['changed', 'created'],
  },
  {
    patterns: [
      said(`${DONE}(?:cancell?ed|deleted|removed)\\b`),
      said(`${HABE}(?:gelöscht|abgesagt|storniert|entfernt)${END}`),
      said(`${AI}(?:annulée?s?|supprimée?s?)${END}`),
      said(`${HE}(?:cancelad[oa]s?|eliminad[oa]s?|borrad[oa]s?)${END}`),
    ],
    by: ['deleted', 'changed'],
  },
  {
    patterns: [
      said(`${DONE}(?:sent|pushed)\\b[^.!?\\n]{0,40}\\b(?:push|notification|note|message|reminder)\\b`),
      said(`${DONE}notified\\b`),
    ],
    by: ['sent'],
  },
  {
    patterns: [
      said(`${DONE}(?:sent|pushed)\\b`),
      said(`${HABE}(?:gesendet|geschickt|verschickt)${END}`),
      said(`${AI}envoyée?s?${END}`),
      said(`${HE}enviad[oa]s?${END}`),
    ],
    by: ANY,
  },
];

const LOOKED = said(
  String.raw`\bI(?:['’]ve| have)? (?:just )?(?:checked|looked|searched)\b|\byou(?:['’]re| are) (?:free(?! to)|available|busy)\b|\byour calendar is\b`,
);

const effectOf = (call: TurnCall): Effect | undefined =>
  Object.hasOwn(EFFECTS, call.tool) ? EFFECTS[call.tool] : undefined;

/** True when the text claims that something was changed. */
export function claimsChange(text: string): boolean {
  return CLAIMS.some(({ patterns }) => patterns.some((pattern) => pattern.test(text)));
}

/** True when it claims a change of a kind that none of these calls made. A tool that is not known here may have made any. */
export function claimsMore(text: string, done: readonly TurnCall[]): boolean {
  const effects = done.map(effectOf);
  if (effects.includes(undefined)) return false;
  return CLAIMS.some(
    ({ patterns, by }) =>
      patterns.some((pattern) => pattern.test(text)) &&
      !effects.some((effect) => effect !== undefined && by.includes(effect)),
  );
}

/** True when it claims to have looked something up, or to know what only a look would tell. */
export function claimsLook(text: string): boolean {
  return LOOKED.test(text);
}
