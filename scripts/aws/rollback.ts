import { type AwsClients, createAwsClients, ifThere } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { type EnvironmentNames, FUNCTIONS, type FunctionKey } from './parts/environment.ts';
import {
  describeVersions,
  differingFrom,
  type LiveVersions,
  listVersions,
  readLiveVersions,
} from './parts/live-versions.ts';
import { preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { rollBack, type WayBack } from './parts/roll-back.ts';
import { NO_SMOKE_OPTION, smokeTest, smokeUrls } from './parts/smoke.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform } from './parts/terraform.ts';
import { noteWentBack, readTried, versionsBack } from './parts/tried-versions.ts';

// `make rollback`: callers reach the versions that were live together before the last deployment and whose doors answered then, or the versions
// that are named; then every door is tried. The next deploy makes the newest live again.

function parseTarget(text: string): readonly [FunctionKey, string] {
  const [key, version, ...rest] = text.split('/');
  const known = FUNCTIONS.find((one) => one === key);
  if (known === undefined || version === undefined || !/^[1-9]\d*$/.test(version) || rest.length > 0) {
    throw new Stop(EXIT.usage, `${JSON.stringify(text)} is not FUNCTION/VERSION. Functions: ${FUNCTIONS.join(', ')}.`);
  }
  return [known, version];
}

type Published = Readonly<Partial<Record<FunctionKey, readonly number[]>>>;

async function listPublished(
  aws: AwsClients,
  names: EnvironmentNames,
  keys: readonly FunctionKey[],
): Promise<Published> {
  const found = keys.map(
    async (key) => [key, (await ifThere(listVersions(aws, names.functionName(key)))) ?? []] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

const listed = (versions: readonly number[] = []): string => (versions.length === 0 ? 'none' : versions.join(', '));

/** No number is guessed: the one below may be the one that failed. */
function nowhereToGo(environment: string, live: LiveVersions, published: Published): Stop {
  const there = Object.entries(published).map(([key, versions]) => `\n  ${key}: ${listed(versions)}`);
  const example = Object.entries(live).map((one) => one.join('/'));
  const what = `Which versions were good together before these (${describeVersions(live)}) is not recorded. Nothing was changed.`;
  return new Stop(EXIT.missing, `${what}\nPublished:${there.join('')}`, {
    next: `make rollback ENV=${environment} TO="${example.join(' ')}", with the versions that you want`,
  });
}

async function tryDoors(context: Context, aws: AwsClients, { live, versions }: WayBack): Promise<void> {
  const { environment, names, say } = context;
  const terraform = createTerraform(environment, 'service');
  await terraform.init();
  say('Trying the doors …');
  if (!(await smokeTest(context, smokeUrls(await terraform.outputs())))) {
    const what = `The doors do not answer as they should after going back to ${describeVersions(versions)}.`;
    throw new Stop(EXIT.failed, what, { next: `make logs ENV=${environment}` });
  }
  await noteWentBack(aws, names, { ...live, ...versions });
}

await runCommand({
  name: 'rollback',
  summary: 'Points functions back to the versions that were good before the last deployment, or to the ones named.',
  positionals: ' [FUNCTION/VERSION …]',
  options: NO_SMOKE_OPTION,
  run: async (context) => {
    const { environment, names, options, positionals, say } = context;
    const named = Object.fromEntries(positionals.map(parseTarget)) as LiveVersions;
    demandConfirmable(context);
    const aws = createAwsClients();
    const isTried = options['no-smoke'] !== true;
    const { account } = await preconditions(() => aws, names, { terraform: isTried, foundation: true });
    const live = await readLiveVersions(aws, names);
    if (Object.keys(live).length === 0)
      throw new Stop(EXIT.missing, 'Nothing is deployed. Nothing was changed.', {
        next: `make deploy ENV=${environment}`,
      });
    const published = await listPublished(aws, names, [
      ...new Set([...Object.keys(live), ...Object.keys(named)] as FunctionKey[]),
    ]);
    const back = positionals.length > 0 ? differingFrom(live, named) : versionsBack(live, await readTried(aws, names));
    if (back === undefined) throw nowhereToGo(environment, live, published);
    for (const [key, version] of Object.entries(back)) {
      const there = published[key as FunctionKey] ?? [];
      if (there.includes(Number(version))) continue;
      throw new Stop(EXIT.missing, `${key} has no version ${version}; there: ${listed(there)}. Nothing was changed.`);
    }
    if (Object.keys(back).length === 0) {
      say(`Nothing to do: those versions are live (${describeVersions(live)}). TO="agent/3 …" goes to any others.`);
      return EXIT.done;
    }
    await confirm(context, `Live now: ${describeVersions(live)}.\nThis goes back to: ${describeVersions(back)}.`);
    const way: WayBack = { account, live, versions: back };
    await rollBack(context, aws, way);
    if (isTried) await tryDoors(context, aws, way);
    say(`Next: make doctor ENV=${environment}. The next deploy makes the newest version live again.`);
    return EXIT.done;
  },
});
