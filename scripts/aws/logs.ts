import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { visible } from '../../src/cli/visible.ts';
import { createAwsClients, ifThere } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { FUNCTIONS, type FunctionKey } from './parts/environment.ts';
import { readLiveVersions } from './parts/live-versions.ts';
import { preconditions } from './parts/preconditions.ts';
import { Stop } from './parts/stop.ts';

// `make logs`: what the functions have logged, in order of time. Lines hold no secret and no message text, and are printed as they are.

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOST_LINES = 10_000;

function parseSince(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Stop(EXIT.usage, 'SINCE looks like 30s, 15m, 2h or 1d.');
  return Date.now() - Number(count) * factor;
}

function parseFunctions(text: string | undefined): readonly FunctionKey[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((name) => {
    const known = FUNCTIONS.find((one) => one === name);
    if (known === undefined)
      throw new Stop(EXIT.usage, `There is no function ${name}. There are: ${FUNCTIONS.join(', ')}.`);
    return known;
  });
}

interface Line {
  readonly at: number;
  readonly text: string;
}

await runCommand({
  name: 'logs',
  summary: 'Prints what the functions have logged, in order of time.',
  options: {
    fn: { type: 'string', value: 'FUNCTION,…', help: `which functions: ${FUNCTIONS.join(', ')} (default: all)` },
    since: { type: 'string', value: 'TIME', help: 'how far back: 30s, 15m, 2h, 1d (default: 15m)' },
    filter: {
      type: 'string',
      value: 'PATTERN',
      help: 'a CloudWatch filter pattern, such as \'{ $.level = "error" }\'',
    },
  },
  run: async ({ environment, names, options, print, say }) => {
    const given = (name: string): string | undefined =>
      typeof options[name] === 'string' ? String(options[name]) : undefined;
    const [wanted, startTime, pattern] = [
      parseFunctions(given('fn')),
      parseSince(given('since') ?? '15m'),
      given('filter'),
    ];
    const aws = createAwsClients();
    await preconditions(() => aws, names, {});
    const keys = wanted ?? (Object.keys(await readLiveVersions(aws, names)) as FunctionKey[]);
    if (keys.length === 0)
      throw new Stop(EXIT.missing, 'Nothing is deployed.', { next: `make deploy ENV=${environment}` });
    const read = async (key: FunctionKey): Promise<readonly Line[] | undefined> => {
      const lines: Line[] = [];
      const query = {
        logGroupName: names.logGroup(key),
        startTime,
        ...(pattern === undefined ? {} : { filterPattern: pattern }),
      };
      for await (const page of paginateFilterLogEvents({ client: aws.logs }, query)) {
        for (const { timestamp = 0, message = '' } of page.events ?? [])
          lines.push({
            at: timestamp,
            text: `${new Date(timestamp).toISOString()} ${key.padEnd(7)} ${visible(message.trimEnd())}`,
          });
        if (lines.length > MOST_LINES) break;
      }
      return lines;
    };
    const found = await Promise.all(keys.map((key) => ifThere(read(key))));
    const lines = found.flatMap((one) => one ?? []).sort((left, right) => left.at - right.at);
    for (const { text } of lines.slice(-MOST_LINES)) print(text);
    for (const [index, key] of keys.entries())
      if (found[index] === undefined) say(`${names.logGroup(key)} is not there.`);
    say(`${lines.length} lines${lines.length > MOST_LINES ? `, of which the last ${MOST_LINES}` : ''}.`);
    return EXIT.done;
  },
});
