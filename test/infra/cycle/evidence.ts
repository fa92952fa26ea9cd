import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { TEST_CREDENTIALS } from '../../support/aws-emulator.ts';
import type { Finding } from '../../support/secret-search.ts';
import { ENVIRONMENT, REGION, type World } from './world.ts';

// Everything that was left behind and that others may read: states with all their versions, plans, outputs, logs, and what commands said. It is gathered
// while it is there, and searched at the end, when all secrets are known.

export interface Evidence {
  add(place: string, contents: string | Uint8Array): void;
  readonly places: readonly string[];
  search(): readonly Finding[];
  /** Text of all that was gathered under a place's beginning. */
  text(beginning: string): string;
}

export function createEvidence({ secrets }: World): Evidence {
  const gathered: { readonly place: string; readonly contents: string | Uint8Array }[] = [];
  return {
    add: (place, contents) => void gathered.push({ place, contents }),
    get places() {
      return gathered.map(({ place }) => place);
    },
    search: () => gathered.flatMap(({ place, contents }) => secrets.find(place, contents)),
    text: (beginning) =>
      gathered
        .filter(({ place }) => place.startsWith(beginning))
        .map(({ contents }) => (typeof contents === 'string' ? contents : Buffer.from(contents).toString('utf8')))
        .join('\n'),
  };
}

const awsConfig = ({ emulator }: World) => ({
  endpoint: emulator.endpoint,
  region: REGION,
  credentials: TEST_CREDENTIALS,
});

/** Every version of every state in the bucket. */
export async function gatherStates(world: World, evidence: Evidence): Promise<void> {
  const s3 = new S3Client({ ...awsConfig(world), forcePathStyle: true });
  const Bucket = `sallyport-${ENVIRONMENT}-state-000000000000`;
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key, VersionId } of Versions) {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    evidence.add(`state ${Key} ${VersionId}`, (await object.Body?.transformToString()) ?? '');
  }
  s3.destroy();
}

/** The saved plans, as they are and as JSON, the roots' outputs, and what the commands keep beside them. */
export async function gatherPlans({ commands, folder }: World, evidence: Evidence): Promise<void> {
  const kept = join(folder, '.cache/aws', ENVIRONMENT);
  for (const name of await readdir(kept)) evidence.add(`kept ${name}`, await readFile(join(kept, name)));
  for (const root of ['foundation', 'service']) {
    const at = `-chdir=${join(folder, 'terraform', root)}`;
    for (const [what, args] of [
      ['plan', ['show', '-json', join(kept, `${root}.tfplan`)]],
      ['outputs', ['output', '-json']],
    ] as const) {
      const shown = await commands.run('terraform', [at, ...args], { shown: false });
      if (shown.code !== 0) throw new Error(shown.output);
      evidence.add(`${what} ${root}`, shown.stdout);
    }
  }
}

/** What `terraform show -json` tells of a root that was applied: every value of every resource. */
export async function readApplied({ commands, folder }: World, root: string): Promise<unknown> {
  const at = `-chdir=${join(folder, 'terraform', root)}`;
  const shown = await commands.run('terraform', [at, 'show', '-json'], { shown: false });
  if (shown.code !== 0) throw new Error(shown.output);
  return (JSON.parse(shown.stdout) as { readonly values: unknown }).values;
}

/** All log groups: the functions' own and the access logs. */
export async function gatherLogs(world: World, evidence: Evidence): Promise<void> {
  const logs = new CloudWatchLogsClient(awsConfig(world));
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName = '' } of logGroups) {
    const lines: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs.send(new FilterLogEventsCommand({ logGroupName, ...(nextToken ? { nextToken } : {}) }));
      for (const { message = '' } of page.events ?? []) lines.push(message);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    evidence.add(`log ${logGroupName}`, lines.join('\n'));
  }
  logs.destroy();
}

/** What commands said, what the emulator and the functions wrote, and the record of AWS calls. */
export function gatherOutput({ commands, emulator, proxy }: World, evidence: Evidence): void {
  for (const { what, output } of commands.history) evidence.add(`output ${what}`, `${what}\n${output}`);
  evidence.add('emulator', emulator.output());
  evidence.add('calls', JSON.stringify(proxy.calls()));
}
