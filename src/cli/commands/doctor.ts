import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import type { Endpoint } from '../client/api.ts';
import { configPath } from '../config-file.ts';
import { agentEndpoint, approvalsEndpoint, type CliContext, settingsOf } from '../context.ts';
import { examineAgent, examineConsent, examineReach } from '../doctor.ts';
import { withExamples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { bad, type Finding, mind, ok } from '../finding.ts';
import type { Chosen, Settings, Source } from '../settings.ts';
import { VERSION } from '../version.ts';
import { oneLine } from '../visible.ts';
import { inColumns } from '../words.ts';

// `sallyport doctor`: what is wrong on a person's own side, with the command that mends it. `sallyport settings`: what the commands go by, and why.

interface JsonOption {
  readonly json?: true;
}

const SOURCES: Readonly<Record<Source, string>> = {
  flag: 'command line',
  environment: 'environment',
  local: 'the system on this machine',
  config: 'your settings file',
  default: 'default',
};

const SECRET = '(set)';

/** Name, value, source. Tokens are named and not shown. */
function settingRows(settings: Settings): readonly (readonly [string, string, string])[] {
  const row = (name: string, chosen: Chosen<unknown> | undefined, secret = false) =>
    [
      name,
      chosen === undefined ? '' : secret ? SECRET : String(chosen.value),
      chosen === undefined ? 'unset' : SOURCES[chosen.from],
    ] as const;
  return [
    row('agent_url', settings.agentUrl),
    row('token', settings.token, true),
    row('oauth_url', settings.oauthUrl),
    row('confirm_token', settings.confirmToken, true),
    row('sigv4', settings.sigv4),
    row('profile', settings.profile),
    row('region', settings.region),
    row('time_zone', settings.timeZone),
    row('timeout', settings.timeout),
    row('retries', settings.retries),
  ];
}

function showSettings(context: CliContext, options: JsonOption, command: Command): void {
  const rows = settingRows(settingsOf(context, command));
  if (options.json !== true) {
    for (const line of inColumns(rows)) context.print(line);
    context.warn(`Your settings file: ${configPath(context.environment)}`);
    return;
  }
  const entries = rows.map(([name, value, from]) => [name, { value: value === '' ? null : value, from }]);
  context.print(JSON.stringify(Object.fromEntries(entries), null, 2));
}

async function agentOf(context: CliContext, command: Command): Promise<Endpoint | Finding> {
  try {
    return agentEndpoint(context, command);
  } catch (error) {
    if (error instanceof AppError) return bad(error.message, 'make dev, or set SALLYPORT_AGENT_URL');
    throw error;
  }
}

const TOKEN = 'sallyport login, or ask your operator for a token (SALLYPORT_TOKEN)';
const AWS = 'aws sso login, or check the profile and what your role may invoke';
const CONFIRM = 'ask your operator for a token that approves (SALLYPORT_CONFIRM_TOKEN)';

async function examine(context: CliContext, command: Command): Promise<readonly Finding[]> {
  const { environment } = context;
  const settings = settingsOf(context, command);
  const findings: Finding[] = [ok(`sallyport ${VERSION} on Node ${process.versions.node}`)];
  const agent = await agentOf(context, command);
  if ('state' in agent) findings.push(agent);
  else {
    const reach = await examineReach({ name: 'Agent API', url: agent.url }, environment);
    findings.push(...reach);
    // Behind an API that does not answer nothing more is learned.
    if (reach[0]?.state === 'ok') findings.push(...(await examineAgent(agent, settings.sigv4.value ? AWS : TOKEN)));
  }
  if (settings.oauthUrl === undefined) {
    findings.push(mind('No OAuth API is known: you cannot connect or approve from here', 'set SALLYPORT_OAUTH_URL'));
    return findings;
  }
  const reach = await examineReach({ name: 'OAuth API', url: settings.oauthUrl.value }, environment);
  findings.push(...reach);
  if (reach[0]?.state !== 'ok') return findings;
  const oauth = approvalsEndpoint(context, command);
  if (oauth === undefined) findings.push(mind('There is no token that approves: say your yes in a browser', CONFIRM));
  else findings.push(...(await examineConsent(oauth, CONFIRM)));
  return findings;
}

/** Of the project in whose folder this runs; nothing where there is none. */
async function projectFindings(context: CliContext, command: Command): Promise<readonly Finding[]> {
  const { findProjectFile } = await import('../ide/project-file.ts');
  const path = findProjectFile(process.cwd());
  if (path === undefined) return [];
  const { examineProject } = await import('../ide/examine-project.ts');
  const { environment } = context;
  const { profile, region } = command.optsWithGlobals<{ readonly profile?: string; readonly region?: string }>();
  return examineProject({
    path,
    open: async (project) => {
      const { createAwsIdentity } = await import('../client/aws-identity.ts');
      const { openReads } = await import('../../compose/ide.ts');
      const aws = createAwsIdentity({
        environment,
        ...(profile !== undefined && { profile }),
        ...(region !== undefined && { region }),
        ...(project.region !== undefined && { fallbackRegion: project.region }),
      });
      // One word for all of them, where nobody is signed in.
      await aws.credentials();
      const platform = { clock: { nowMs: () => Date.now() }, random: { bytes: (count: number) => randomBytes(count) } };
      const { reader, places } = await openReads({ environment, aws, platform });
      return { reader, region: project.region ?? places.region };
    },
  });
}

/** Servers of a bridge are looked at where this person has described some. */
async function examineBridge({ environment }: CliContext): Promise<readonly Finding[]> {
  const { bridgePath } = await import('../bridge/bridge-file.ts');
  const { existsSync } = await import('node:fs');
  if (!existsSync(bridgePath(environment)) && (environment['SALLYPORT_BRIDGE_URL'] ?? '') === '') return [];
  const { findBridgeServers } = await import('../bridge/bridge-servers.ts');
  const { examineDoor } = await import('../bridge/examine-bridge.ts');
  try {
    const doors = findBridgeServers({ environment, flags: {}, local: undefined });
    return (await Promise.all(doors.map((door) => examineDoor(door, environment)))).flat();
  } catch (error) {
    if (error instanceof AppError) return [bad(error.message, 'mend it in bridge.json (docs/bridge.md)')];
    throw error;
  }
}

/** Whether this very program comes from the folder it runs in: then whoever put things there has it run already. */
const isOwnFolder = (): boolean =>
  realpathSync(process.argv[1] ?? '/').startsWith(join(realpathSync(process.cwd()), sep));

/**
 * Other servers behind this system are looked at where their folder is. To ask them is to start programs that the folder names, which a folder
 * from anywhere must not bring about: it was named, or it is this checkout.
 */
async function examineGateway(context: CliContext, command: Command): Promise<readonly Finding[]> {
  const { openServers, serversFolder } = await import('../servers/open-servers.ts');
  if (serversFolder(context, undefined) === undefined) return [];
  const { examineFolder } = await import('../servers/examine-servers.ts');
  const ask = (context.environment['SALLYPORT_SERVERS_DIR'] ?? '') !== '' || isOwnFolder();
  return examineFolder(() => openServers(context, command), ask);
}

async function doctor(context: CliContext, options: JsonOption, command: Command): Promise<void> {
  const [own, project] = [await examine(context, command), await projectFindings(context, command)];
  const others = [await examineBridge(context), await examineGateway(context, command)].flat();
  const findings = [...own, ...project, ...others];
  const { outStyle: style } = context;
  const worst = findings.filter(({ state }) => state === 'bad');
  if (worst.length > 0) context.endWith(EXIT.failed);
  if (options.json === true) {
    context.print(JSON.stringify(findings, null, 2));
    return;
  }
  for (const { state, what, mend } of findings) {
    const sign = state === 'ok' ? style.good('ok  ') : state === 'mind' ? style.strong('mind') : style.bad('BAD ');
    context.say(`${sign} ${oneLine(what)}`);
    if (mend !== undefined) context.print(`       → ${mend}`);
  }
  context.warn(worst.length === 0 ? 'Nothing is broken.' : `${worst.length} to mend.`);
}

export function addDoctorCommands(program: Command, context: CliContext): void {
  withExamples(
    program
      .command('doctor')
      .description('what is wrong, and the command that mends it')
      .option('--json', 'print the findings as JSON')
      .action((options: JsonOption, command: Command) => doctor(context, options, command)),
    'doctor',
    'doctor --json',
  );
  withExamples(
    program
      .command('settings')
      .description('what the commands go by, and where each value comes from')
      .option('--json', 'print them as JSON')
      .action((options: JsonOption, command: Command) => showSettings(context, options, command)),
    'settings',
    'settings --json',
  );
}
