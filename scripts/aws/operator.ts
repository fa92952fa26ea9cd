import { runCli } from '../../src/cli/run.ts';
import { createAwsClients } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { readFunctionSettings } from './parts/live-versions.ts';
import { readOperatorSettings } from './parts/operator-store.ts';
import { demand, preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { Stop } from './parts/stop.ts';

// `make person`, `make token`: the `sallyport` command's operator part against a deployed environment. The Redis URL goes from its parameter
// to the store's client inside this process, and nowhere else.

const GROUPS: ReadonlySet<string> = new Set(['person', 'token', 'certificate']);
const READING: ReadonlySet<string> = new Set(['list', 'revoked', 'help']);

await runCommand({
  name: 'operator',
  summary: 'Runs `sallyport person|token|certificate …` against a deployed environment.',
  positionals: ' -- person|token|certificate …',
  run: async (context) => {
    const { names, positionals } = context;
    const [group = '', action = ''] = positionals;
    if (!GROUPS.has(group))
      throw new Stop(EXIT.usage, `Say one of ${[...GROUPS].join(', ')}, as \`sallyport\` takes it.`);
    const isReading = READING.has(action);
    if (group === 'certificate' && action === 'bridge') {
      const next = `make bridge ENV=${context.environment} PERSON=p_… OUT=bridge.json`;
      throw new Stop(EXIT.usage, 'A deployed environment’s authority signs by a command of its own.', { next });
    }
    if (context.environment === 'prod' && !isReading) demandConfirmable(context);
    const aws = createAwsClients();
    await preconditions(() => aws, names, { foundation: true });
    const operator = await readOperatorSettings(aws, names);
    demand(operator.missing);
    // Whoever names a person or a token has said what shall be done; prod is typed all the same.
    if (context.environment === 'prod' && !isReading)
      await confirm(context, `${positionals.slice(0, 2).join(' ')} in prod.`);
    const oauth = await readFunctionSettings(aws, names.functionName('oauth'));
    const oauthUrl = process.env['SALLYPORT_OAUTH_URL'] ?? oauth?.['SALLYPORT_OAUTH_URL'];
    const { PATH } = process.env;
    return runCli(positionals, { PATH, ...operator.settings, SALLYPORT_OAUTH_URL: oauthUrl });
  },
});
