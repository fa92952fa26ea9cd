import { createAwsClients } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { FUNCTIONS, type FunctionKey } from './parts/environment.ts';
import {
  describeVersions,
  differingFrom,
  type LiveVersions,
  listVersions,
  readLiveVersions,
} from './parts/live-versions.ts';
import { preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { rollBack } from './parts/roll-back.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform } from './parts/terraform.ts';

// `make rollback`: every function's callers reach the version before the one they reach now, or the versions that are named. The next
// deploy makes the newest live again.

function parseTarget(text: string): readonly [FunctionKey, string] {
  const [key, version, ...rest] = text.split('/');
  const known = FUNCTIONS.find((one) => one === key);
  if (known === undefined || version === undefined || !/^[1-9]\d*$/.test(version) || rest.length > 0) {
    throw new Stop(EXIT.usage, `${JSON.stringify(text)} is not FUNCTION/VERSION. Functions: ${FUNCTIONS.join(', ')}.`);
  }
  return [known, version];
}

await runCommand({
  name: 'rollback',
  summary: 'Points functions back to an earlier version: the one before, or the ones named.',
  positionals: ' [FUNCTION/VERSION …]',
  run: async (context) => {
    const { environment, names, positionals, say } = context;
    const named = positionals.map(parseTarget);
    demandConfirmable(context);
    const aws = createAwsClients();
    await preconditions(() => aws, names, { terraform: true, foundation: true, bundle: true, variables: true });
    const live = await readLiveVersions(aws, names);
    if (Object.keys(live).length === 0)
      throw new Stop(EXIT.missing, 'Nothing is deployed. Nothing was changed.', {
        next: `make deploy ENV=${environment}`,
      });
    const wanted: Partial<Record<FunctionKey, string>> = {};
    const affected = named.length > 0 ? named.map(([key]) => key) : (Object.keys(live) as FunctionKey[]);
    for (const key of affected) {
      const versions = await listVersions(aws, names.functionName(key));
      const version = named.find(([one]) => one === key)?.[1];
      if (version !== undefined && !versions.includes(Number(version))) {
        const there = versions.length === 0 ? 'none' : versions.join(', ');
        throw new Stop(EXIT.missing, `${key} has no version ${version}; there: ${there}. Nothing was changed.`);
      }
      const before = version ?? versions.find((one) => one < Number(live[key]))?.toString();
      if (before === undefined) say(`${key} has no version before ${live[key]}: it stays.`);
      else wanted[key] = before;
    }
    const back: LiveVersions = differingFrom(live, wanted);
    if (Object.keys(back).length === 0) {
      say('Nothing to do: those versions are live.');
      return EXIT.done;
    }
    await confirm(context, `Live now: ${describeVersions(live)}.\nThis goes back to: ${describeVersions(back)}.`);
    const terraform = createTerraform(environment, 'service');
    await terraform.init();
    await rollBack(context, terraform, back);
    say(`Next: make doctor ENV=${environment}. The next deploy makes the newest version live again.`);
    return EXIT.done;
  },
});
