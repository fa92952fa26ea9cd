import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createJsonLog, type LogLevel } from '../../adapters/log/json-log.ts';
import { composeIde } from '../../compose/ide.ts';
import type { ToolsetName } from '../../config/settings.ts';
import { AppError } from '../../kernel/app-error.ts';
import { knownServices, namesInWords, type Project } from '../../mcp/project/project-map.ts';
import { createProjectTool } from '../../mcp/project/project-tool.ts';
import { createStdioServer, type StdioResource } from '../../mcp/stdio/stdio-server.ts';
import type { Log } from '../../ports/log.ts';
import type { DoorConnection } from '../bridge/door-connection.ts';
import { createAwsIdentity } from '../client/aws-identity.ts';
import { VERSION } from '../version.ts';
import { createCallBehindDoor } from './call-behind-door.ts';
import { readProjectFile } from './project-file.ts';

// `sallyport mcp`: the tools over stdin and stdout, until the client closes its end. Whatever is missing (a sign-in, a profile, a region, a door) is
// said by the tool that needs it: the server starts all the same, for a client shows little of why one did not.

export interface ServeOptions {
  readonly toolsets: readonly ToolsetName[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly profile?: string;
  readonly region?: string;
  /** The path of a `sallyport.json`. */
  readonly project?: string;
  readonly logFile?: string;
  /** Opened by the first tool that acts for a person. */
  readonly openDoor: (log: Log, signal: AbortSignal) => Promise<DoorConnection>;
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the server, as the client's leaving does. */
  readonly signal: AbortSignal;
}

const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error'] satisfies LogLevel[]);

/** To stderr, which clients show to their user, or to a file that only this user reads. */
function openLog({ logFile, environment }: ServeOptions): Log {
  const asked = environment['SALLYPORT_LOG_LEVEL'] ?? '';
  const lines = createJsonLog({
    clock: { nowMs: () => Date.now() },
    level: LEVELS.has(asked) ? (asked as LogLevel) : 'info',
    fields: { service: 'stdio', environment: 'local' },
    write: (line) => {
      if (logFile === undefined) process.stderr.write(`${line}\n`);
      else appendFileSync(logFile, `${line}\n`, { mode: 0o600 });
    },
  });
  // Metrics are for CloudWatch, which does not read this.
  const quiet = (log: Log): Log => ({ ...log, metric: () => {}, child: (fields) => quiet(log.child(fields)) });
  return quiet(lines);
}

/** Read anew each time: the file is part of the work that the client helps with. */
function projectReader(path: string | undefined): (() => Project) | undefined {
  return path === undefined ? undefined : () => readProjectFile(path);
}

function orNothing(read: (() => Project) | undefined): Project | undefined {
  try {
    return read?.();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

const resourcesOf = (read: (() => Project) | undefined): readonly StdioResource[] =>
  read === undefined
    ? []
    : [
        {
          uri: 'sallyport://project',
          name: 'sallyport.json',
          title: 'What this project runs on',
          description: 'The services of this project by name, and what each is on AWS.',
          mimeType: 'application/json',
          read: async () => JSON.stringify(read(), null, 2),
        },
      ];

function instructionsOf(options: ServeOptions, project: Project | undefined): string {
  const parts = ['AWS tools read the AWS account of the person at this computer.'];
  if (!options.toolsets.includes('aws')) parts.pop();
  const names = project === undefined ? '' : namesInWords(project);
  if (names !== '') {
    parts.push(
      `Services of this project: ${names}. service_health takes such a name; project_resources says what they are on AWS.`,
    );
  }
  parts.push('What writes waits for the person’s yes.');
  return parts.join(' ');
}

/** Resolves when the client has gone, or the signal ended it. */
export async function serveTools(options: ServeOptions): Promise<void> {
  const { environment, profile, region, signal } = options;
  const log = openLog(options);
  const readProject = projectReader(options.project);
  const project = orNothing(readProject);
  const gone = new AbortController();
  let door: Promise<DoorConnection> | undefined;
  const openDoor = (): Promise<DoorConnection> => {
    door ??= options.openDoor(log, gone.signal).catch((error: unknown) => {
      door = undefined;
      throw error;
    });
    return door;
  };
  const ide = await composeIde({
    toolsets: options.toolsets,
    environment,
    aws: createAwsIdentity({
      environment,
      ...(profile !== undefined && { profile }),
      ...(region !== undefined && { region }),
      ...(project?.region !== undefined && { fallbackRegion: project.region }),
    }),
    knownServices: () => knownServices(orNothing(readProject) ?? { services: {} }),
    more: readProject === undefined ? [] : [createProjectTool(readProject)],
    callBehindDoor: createCallBehindDoor({ open: openDoor, nowMs: () => Date.now() }),
    platform: { clock: { nowMs: () => Date.now() }, random: { bytes: (count) => randomBytes(count) } },
    log,
  });
  let page: Promise<import('./approval-page.ts').ApprovalPage> | undefined;
  const openPage = () => {
    page ??= import('./approval-page.ts').then(({ createApprovalPage }) =>
      createApprovalPage({ answers: ide.answers, person: ide.caller.person }),
    );
    return page;
  };
  const transport = new StdioServerTransport(options.input, options.output);
  const ended = new Promise<void>((resolve) => {
    options.input.once('end', resolve).once('close', resolve);
    options.output.once('error', () => resolve()).once('close', resolve);
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const onFault = (error: Error) => log.warn('protocol_fault', { error: error.name });
  const served = serveStdio(
    ({ era }) =>
      createStdioServer(era, {
        serverInfo: { name: 'sallyport', title: 'Sallyport', version: VERSION },
        instructions: instructionsOf(options, project),
        tools: ide.tools,
        callTool: ide.callTool,
        caller: ide.caller,
        consent: { ...ide.consent, addressOf: async (id) => (await openPage()).addressOf(id) },
        resources: resourcesOf(readProject),
        log,
        newRequestId: randomUUID,
        onFault,
      }),
    { transport, onerror: onFault },
  );
  log.info('stdio.serving', { toolsets: options.toolsets, tools: String(ide.tools.tools().length) });
  await ended;
  gone.abort();
  await served.close();
  await Promise.all([
    door?.then((opened) => opened.close()).catch(() => undefined),
    page?.then((opened) => opened.close()),
  ]);
  log.info('stdio.ended');
}
