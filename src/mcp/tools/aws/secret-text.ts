// Secrets in running text: addresses, `name=value` of command lines, log lines and quoted JSON, headers, access keys. What it takes for a
// secret is hidden whole; that a word too many goes is no harm. Texts come from whoever writes a log: every expression here takes linear time.

export const HIDDEN = '[hidden]';

/**
 * How names of secrets end. `passwordLastUsed` and `UpdateAccountPasswordPolicy` go on behind the word and are none; nor is a page's token
 * (`nextToken`) one, so that `token` needs to begin there or to say what it opens.
 */
const NAME =
  '(?:pass(?:word|wd|phrase)|secret(?:[_ -]?(?:access[_ -]?)?key|[_ -]?(?:value|string))?' +
  '|(?:api|access|private|signing|encryption|account)[_ -]?key' +
  '|(?:access|auth|authorization|bearer|bot|refresh|security|session)[_ -]?token' +
  '|(?<![a-z])(?:id[_ -]?)?token|(?<![a-z])pwd)\\d{0,3}';

/** A quote, behind as many backslashes as the text was quoted in other texts. */
const QUOTE = `\\\\*["']`;
/** A header may have a list of values. */
const SEPARATOR = '\\s{0,20}(?:=>|:=|[=:])\\s{0,20}(?:\\[\\s{0,20})?';
/** `arn:…:secret:<name>` names a secret and is none. */
const NAMED = `(?!(?<=:)secret:)${NAME}(?:${QUOTE})?${SEPARATOR}`;

const SECRET_NAME = new RegExp(`${NAME}$`, 'i');
/** Up to the same quote; a run of backslashes goes with the quote behind it, which is then a quote inside. */
const QUOTED_PAIR = new RegExp(
  `(${NAMED})(?<quote>${QUOTE})(?!arn:aws)(?:(?!\\k<quote>)(?:\\\\+["']?|[^\\\\]))+`,
  'gi',
);
const PLAIN_PAIR = new RegExp(
  `(${NAMED})(?!arn:aws)(?:(?:bearer|basic)\\s{1,20})?(?:[^\\s;,&"'\\\\]|\\\\+(?!["'\\\\])){3,}`,
  'gi',
);
/** `scheme://user:password@…`; Redis has no user. A slash ends it, so that no two attempts read the same. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]*):[^\s/@]+@/gi;
const AUTHORIZATION = new RegExp(
  `(?<![a-z])(authorization(?:${QUOTE})?${SEPARATOR}(?:${QUOTE})?)(?:[a-z0-9-]{1,30}[ \\t]{1,20})?[^\\s"',;\\\\]{3,}`,
  'gi',
);
/** Shorter ones are words: "bearer authentication". */
const BEARER = /\b(bearer[ \t]{1,20})[a-z0-9._~+/-]{16,}=*/gi;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes */
const ACCESS_KEY = /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g;

/** Whether a member of this name holds a secret, if it is a text or a number. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** Names of secrets stay, as they are no secrets. */
export const isReference = (value: string): boolean => value.startsWith('arn:aws');

export const hideInText = (text: string): string =>
  text
    .replace(URL_PASSWORD, `$1:${HIDDEN}@`)
    .replace(AUTHORIZATION, `$1${HIDDEN}`)
    .replace(QUOTED_PAIR, `$1$2${HIDDEN}`)
    .replace(PLAIN_PAIR, `$1${HIDDEN}`)
    .replace(BEARER, `$1${HIDDEN}`)
    .replace(ACCESS_KEY, HIDDEN);
