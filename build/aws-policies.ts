import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type AwsServiceData, actionsOf } from '../src/mcp/tools/aws/aws-service.ts';
import { readOperations } from './aws-clients.ts';

// Writes `terraform/modules/aws-tools/actions.json` from `src/mcp/tools/aws/operations/*.json`: the IAM actions of the reads, exactly, in pieces of
// which each fits a managed policy. Runs whenever a list changes; a test says when it was forgotten.

export const ACTIONS_FILE = 'terraform/modules/aws-tools/actions.json';

/** A managed policy has 6,144 characters at most; the rest is for what stands around the actions, and for a dozen regions in a condition. */
const MAX_CHARACTERS = 5000;

export interface AwsActions {
  /** Of services that have regions, each list for a policy of its own. */
  readonly regional: readonly (readonly string[])[];
  /** Of services that are everywhere the same. */
  readonly global: readonly string[];
  /** Of services whose reads are told apart by what is read: paths below the service's ARN, by action. */
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

const actionsOfAll = (data: AwsServiceData): readonly string[] =>
  Object.keys(data.operations).flatMap((operation) => actionsOf(data, operation));

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

function pack(actions: readonly string[]): readonly (readonly string[])[] {
  const packed: string[][] = [];
  let length = MAX_CHARACTERS;
  for (const action of actions) {
    // With its quotes and comma.
    const more = action.length + 3;
    if (length + more > MAX_CHARACTERS) {
      packed.push([]);
      length = 0;
    }
    packed.at(-1)?.push(action);
    length += more;
  }
  return packed;
}

export function collectActions(all: readonly AwsServiceData[] = readOperations()): AwsActions {
  const whole = all.filter(({ paths }) => paths === undefined);
  const paths = all.flatMap((data) =>
    data.paths === undefined ? [] : actionsOfAll(data).map((action) => [action, data.paths ?? []] as const),
  );
  return {
    regional: pack(sorted(whole.filter(({ region }) => region === undefined).flatMap(actionsOfAll))),
    global: sorted(whole.filter(({ region }) => region !== undefined).flatMap(actionsOfAll)),
    paths: Object.fromEntries(paths),
  };
}

export const renderActions = (): string => `${JSON.stringify(collectActions(), null, 2)}\n`;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(ACTIONS_FILE, renderActions());
}
