import { isJsonObject } from '../../kernel/json-object.ts';
// `server.json`, which lies beside the wrapper in a server's zip: what to start, with what environment, and how long a call may take. Written by
// the build, read by both wrappers (gateway/python reads the same file).

export interface ServerSettings {
  readonly name: string;
  /** `node` and `python` stand for the runtime's own. */
  readonly command: string;
  readonly args: readonly string[];
  /** Given as they are. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the function's own variables that the server may see. */
  readonly pass: readonly string[];
  readonly timeoutSeconds: number;
}

/** What a program needs to run at all. Nothing of Lambda's, and no credentials, unless `pass` names them. */
const ALWAYS_PASSED = ['PATH', 'LANG', 'TZ', 'LD_LIBRARY_PATH'] as const;
/** The one folder that a function may write to. */
const SCRATCH = '/tmp';

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isJsonObject(value) && isTexts(Object.values(value));

/** Throws when the file is not what the build writes. */
export function parseServerSettings(text: string): ServerSettings {
  const file = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { name, command, args, env, pass, timeout_seconds: timeoutSeconds } = file;
  if (
    typeof name !== 'string' ||
    typeof command !== 'string' ||
    !isTexts(args) ||
    !isTextMap(env) ||
    !isTexts(pass) ||
    typeof timeoutSeconds !== 'number'
  ) {
    throw new Error('server.json is not what the build writes');
  }
  return { name, command, args, env, pass, timeoutSeconds };
}

/** All that the server finds in its environment. */
export function serverEnvironment(
  settings: Pick<ServerSettings, 'env' | 'pass'>,
  own: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const passed = [...ALWAYS_PASSED, ...settings.pass].flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { HOME: SCRATCH, TMPDIR: SCRATCH, ...Object.fromEntries(passed), ...settings.env };
}
