import { createMemoryStore } from '../adapters/embedded/memory-store.ts';
import { type Settings, settings, type ToolsetName } from '../config/settings.ts';
import { AppError } from '../kernel/app-error.ts';
import { lazily } from '../kernel/lazily.ts';
import { createApprovals } from '../mcp/approvals.ts';
import { createCallTool } from '../mcp/call-tool.ts';
import type { Caller } from '../mcp/caller.ts';
import type { CallTool } from '../mcp/protocol/seam.ts';
import { createSchemaValidators } from '../mcp/schema-validators.ts';
import type { Consent } from '../mcp/stdio/stdio-calls.ts';
import { fixedTools, type ToolSource } from '../mcp/tool-source.ts';
import type { KnownService } from '../mcp/tools/aws/composed/known-service.ts';
import type { Tool } from '../mcp/tools/tool.ts';
import { type Approvals as Answers, createApprovals as createAnswers } from '../oauth/approvals.ts';
import type { Log } from '../ports/log.ts';
import { approvalKey, approvalRecord } from '../trust/approval.ts';
import { createPersonId } from '../trust/person.ts';
import { readRecord } from '../trust/record.ts';
import { declaredToolsets } from './declared-tools.ts';
import { composeOutsideClient } from './outside.ts';
import type { Platform } from './service-handler.ts';

// The tools for one client at the other end of a pipe. Tools that need nobody's account but this computer's user's own (AWS, the weather) run
// here. Those that act for a person run behind a door, where that person's vault, grants and approvals are: they are declared here and called there.

type Environment = Readonly<Record<string, string | undefined>>;

/** What runs in this process. Everything else runs behind the door. */
const HERE: ReadonlySet<ToolsetName> = new Set<ToolsetName>(['aws', 'aws-writes', 'weather']);

export interface OwnAwsAccess {
  readonly credentials: () => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration: Date;
  }>;
  readonly region: () => Promise<string>;
}

export interface IdeOptions {
  readonly toolsets: readonly ToolsetName[];
  /** For the settings of the AWS and weather tools. */
  readonly environment: Environment;
  readonly aws: OwnAwsAccess;
  /** A project's services by name. */
  readonly knownServices: () => ReadonlyMap<string, KnownService>;
  /** More tools that run here. */
  readonly more: readonly Tool[];
  /** Calls a tool behind the door. */
  readonly callBehindDoor: CallTool;
  readonly platform: Pick<Platform, 'clock' | 'random'>;
  readonly log: Log;
}

export interface Ide {
  readonly tools: ToolSource;
  readonly callTool: CallTool;
  readonly caller: Caller;
  readonly consent: Omit<Consent, 'addressOf'>;
  /** The questions of this process, for the page where they are answered. */
  readonly answers: Answers;
}

type IdeSettings = Pick<
  Settings<'mcp'>,
  | 'SALLYPORT_AWS_REGIONS'
  | 'SALLYPORT_AWS_ACCOUNTS'
  | 'SALLYPORT_AWS_READ_ROLE'
  | 'SALLYPORT_AWS_WRITE_ROLE'
  | 'OPEN_METEO_URL'
  | 'OPEN_METEO_GEOCODING_URL'
  | 'SALLYPORT_ALLOWED_HOSTS'
>;

function readSettings(environment: Environment): IdeSettings {
  const wanted = settings.mcp.pick({
    SALLYPORT_AWS_REGIONS: true,
    SALLYPORT_AWS_ACCOUNTS: true,
    SALLYPORT_AWS_READ_ROLE: true,
    SALLYPORT_AWS_WRITE_ROLE: true,
    OPEN_METEO_URL: true,
    OPEN_METEO_GEOCODING_URL: true,
    SALLYPORT_ALLOWED_HOSTS: true,
  });
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = wanted.safeParse(given, { jitless: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('misconfigured', `The environment is not right:\n- ${problems.join('\n- ')}`);
}

const rolesByName = (entries: readonly string[]): ReadonlyMap<string, string> =>
  new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));

/** The declared tool at once, the working one when it is first called: listing tools loads neither AWS nor the network. */
function whenCalled(declared: readonly Tool[], load: () => Promise<readonly Tool[]>): readonly Tool[] {
  const loaded = lazily(load);
  return declared.map(({ declaration, summarize, undo, prepare }) => {
    const working = async (): Promise<Tool> => {
      const found = (await loaded()).find((tool) => tool.declaration.name === declaration.name);
      if (found === undefined) throw new AppError('internal', 'A declared tool is not there.');
      return found;
    };
    return {
      declaration,
      ...(summarize !== undefined && { summarize }),
      ...(undo !== undefined && { undo }),
      ...(prepare !== undefined && {
        prepare: async (args, context) => {
          const tool = await working();
          return tool.prepare === undefined ? { summary: declaration.title } : tool.prepare(args, context);
        },
      }),
      run: async (args, context) => (await working()).run(args, context),
    };
  });
}

/** The one way to AWS for tools and for the doctor: it reads, and what it may ask is a list. */
export async function openReads({ environment, aws, platform }: Pick<IdeOptions, 'environment' | 'aws' | 'platform'>) {
  const given = readSettings(environment);
  const [{ createAccounts }, { createAwsReader }, { importClients }, region] = await Promise.all([
    import('../mcp/tools/aws/accounts.ts'),
    import('../mcp/tools/aws/aws-reader.ts'),
    import('../mcp/tools/aws/clients/import-clients.ts'),
    aws.region(),
  ]);
  const { clock } = platform;
  const own = { region, credentials: aws.credentials, clock };
  const { SALLYPORT_AWS_READ_ROLE: ownRole, SALLYPORT_AWS_REGIONS: regions } = given;
  const roles = rolesByName(given.SALLYPORT_AWS_ACCOUNTS);
  const { names, credentialsFor } = createAccounts({ ...own, roles, ...(ownRole !== undefined && { ownRole }) });
  const writing = (role: string | undefined) =>
    createAccounts({
      ...own,
      roles: new Map(),
      ...(role !== undefined && { ownRole: role, sessionName: 'sallyport-writes' }),
    }).credentialsFor;
  const reader = createAwsReader({ importClients, credentialsFor });
  return { reader, places: { region, regions, accounts: names }, writing, writeRole: given.SALLYPORT_AWS_WRITE_ROLE };
}

async function loadAws(options: IdeOptions): Promise<readonly Tool[]> {
  const [{ createAwsTools }, { reader, places }] = await Promise.all([
    import('../mcp/tools/aws/aws-tools.ts'),
    openReads(options),
  ]);
  return createAwsTools({ reader, places, clock: options.platform.clock, knownServices: options.knownServices });
}

/** With the role for writes where there is one, else with what the person's own profile may do: they have named this toolset themselves. */
async function loadAwsWrites(options: IdeOptions): Promise<readonly Tool[]> {
  const [{ createAwsWriter }, { createAwsWriteTools }, { reader, places, writing, writeRole }] = await Promise.all([
    import('../mcp/tools/aws/writes/aws-writer.ts'),
    import('../mcp/tools/aws/writes/aws-write-tools.ts'),
    openReads(options),
  ]);
  const importCommands = () => import('../mcp/tools/aws/writes/write-clients.ts');
  const credentialsFor = writing(writeRole);
  const writer = createAwsWriter({ importCommands, credentials: () => credentialsFor(undefined) });
  return createAwsWriteTools({ reader, writer, places });
}

async function loadWeather({ environment, platform, log }: IdeOptions): Promise<readonly Tool[]> {
  const { OPEN_METEO_URL: forecastUrl, OPEN_METEO_GEOCODING_URL: geocodingUrl, ...rest } = readSettings(environment);
  const { createOpenMeteo } = await import('../adapters/weather/open-meteo.ts');
  const { createGetWeather } = await import('../mcp/tools/weather/get-weather.ts');
  const http = composeOutsideClient({ ...platform, log, allow: { hosts: rest.SALLYPORT_ALLOWED_HOSTS } });
  return [createGetWeather({ weather: createOpenMeteo({ http, forecastUrl, geocodingUrl }), clock: platform.clock })];
}

const loaders: Readonly<Partial<Record<ToolsetName, (options: IdeOptions) => Promise<readonly Tool[]>>>> = {
  aws: loadAws,
  'aws-writes': loadAwsWrites,
  weather: loadWeather,
};

interface Offered {
  readonly here: readonly Tool[];
  readonly behindDoor: readonly Tool[];
}

async function offer(options: IdeOptions): Promise<Offered> {
  const here: Tool[] = [...options.more];
  const behindDoor: Tool[] = [];
  for (const name of new Set(options.toolsets)) {
    const declared = await declaredToolsets[name]();
    const load = loaders[name];
    if (HERE.has(name) && load !== undefined) here.push(...whenCalled(declared, () => load(options)));
    else behindDoor.push(...declared);
  }
  return { here, behindDoor };
}

/** Nobody is proved at the end of a pipe: this stands for whoever started the process, for as long as it runs. */
function callerOf(tools: readonly Tool[], { clock, random }: IdeOptions['platform']): Caller {
  const scopes = [...new Set(tools.flatMap(({ declaration }) => declaration.scopes))];
  const person = createPersonId(clock.nowMs(), random.bytes(10));
  return { door: 'stdio', person, agent: 'stdio/this-computer', scopes, tainted: true };
}

export async function composeIde(options: IdeOptions): Promise<Ide> {
  const { clock, random } = options.platform;
  const { here, behindDoor } = await offer(options);
  const own = fixedTools(here);
  const caller = callerOf([...here, ...behindDoor], options.platform);
  const store = createMemoryStore({ clock });
  const answers = createAnswers({ store, clock });
  const { SALLYPORT_CONFIRM: confirm } = options.environment;
  const callHere = createCallTool({
    tools: own,
    schemas: createSchemaValidators(),
    // `never` is for tests of a whole system; here it would let a model write to a real account unseen.
    approvals: createApprovals({
      store,
      clock,
      random,
      confirm: confirm === 'always' ? 'always' : 'writes',
      approvalUrl: (id) => `http://127.0.0.1/approvals/${id}`,
    }),
    clock,
  });
  return {
    tools: fixedTools([...here, ...behindDoor]),
    caller,
    callTool: (call) => {
      const isElsewhere = behindDoor.some(({ declaration }) => declaration.name === call.name);
      return isElsewhere ? options.callBehindDoor(call) : callHere(call);
    },
    answers,
    consent: {
      async open(id) {
        const raw = await store.get(approvalKey(caller.person, id));
        if (raw === undefined) return undefined;
        const { instance, arguments: sent } = readRecord(approvalRecord, raw, 'approval');
        return { instance, arguments: sent };
      },
      async answer({ id, instance, decision }) {
        try {
          await answers.decide({ person: caller.person, id, instance, decision, by: 'stdio:form' });
        } catch (error) {
          // Too late, or of another asking: the call that follows asks again.
          if (!(error instanceof AppError)) throw error;
          options.log.info('stdio.answer_not_taken', { code: error.code });
        }
      },
    },
  };
}
