import { AppError } from '../../../../kernel/app-error.ts';
import { count, optionalText } from '../../arguments.ts';
import type { JsonObject, Tool, ToolDeclaration } from '../../tool.ts';
import { readPlace } from '../places.ts';
import {
  COMPOSED,
  type ComposedDeps,
  type Composition,
  createComposedTool,
  ERRORS_SCHEMA,
  REFRESH,
} from './composed-tool.ts';
import { type EcsHealth, readEcsHealth } from './ecs-health.ts';
import { type HealthQuestion, type PartHealth, UNREAD, verdictOf } from './health.ts';
import type { KnownService } from './known-service.ts';
import { type LambdaHealth, readLambdaHealth } from './lambda-health.ts';
import { present } from './plain-json.ts';
import { readAlarms, readBalancing, readCache, readDatabase, readErrors, searchByName } from './surroundings.ts';

// Is it healthy? One answer from a dozen reads: deployments, tasks, targets, database and cache, alarms and the errors of the last hour.

const NAMES = ['cluster', 'service', 'function', 'logGroup', 'database', 'cache', 'balancer'] as const;
const DEFAULT_MINUTES = 60;
const MAX_MINUTES = 1440;

const TEXT = { type: 'string', minLength: 1, maxLength: 512 } as const;
const OPEN = { type: 'object' } as const;
const LIST = { type: 'array', items: OPEN } as const;

const declaration: ToolDeclaration = {
  name: 'service_health',
  title: 'Tell how a service on AWS is',
  description:
    'How a service on ECS or a Lambda function is: deployments, tasks, targets, alarms and recent errors in one answer. By name alone it is looked for.',
  inputSchema: {
    type: 'object',
    properties: {
      name: { ...TEXT, description: 'As the project or AWS calls it.' },
      cluster: { ...TEXT, description: 'Of ECS, with service.' },
      service: TEXT,
      function: { ...TEXT, description: 'Of Lambda.' },
      logGroup: TEXT,
      database: TEXT,
      cache: TEXT,
      balancer: TEXT,
      minutes: { type: 'integer', minimum: 1, maximum: MAX_MINUTES, description: 'How far back; default 60.' },
      region: TEXT,
      account: { ...TEXT, description: 'Name of another account.' },
      refresh: REFRESH,
    },
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      readAt: { type: 'string' },
      region: { type: 'string' },
      account: { type: 'string' },
      verdict: { type: 'string', enum: ['healthy', 'degraded', 'down', 'unknown'] },
      troubles: { type: 'array', items: { type: 'string' } },
      ecs: OPEN,
      lambda: OPEN,
      balancing: LIST,
      database: OPEN,
      cache: OPEN,
      alarms: OPEN,
      recentErrors: OPEN,
      errors: ERRORS_SCHEMA,
      leftOut: { type: 'integer' },
    },
    required: ['readAt', 'region', 'verdict', 'troubles', 'errors'],
    additionalProperties: false,
  },
  ...COMPOSED,
};

type Target = Pick<KnownService, (typeof NAMES)[number]>;

/** What was said, over what the project's own list says of that name. */
function readTarget(args: JsonObject, known: KnownService | undefined): Target {
  const given = NAMES.map((name) => [name, optionalText(args, name) ?? known?.[name]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

const isNamed = ({ service, function: lambda }: Target): boolean => service !== undefined || lambda !== undefined;

/** Finds a name that nobody has explained. */
async function find(question: HealthQuestion, name: string, target: Target): Promise<Target> {
  const { clusters, isFunction } = await searchByName(question, name);
  if (clusters.length + (isFunction ? 1 : 0) > 1) {
    const places = [...clusters.map((cluster) => `cluster ${cluster}`), ...(isFunction ? ['Lambda'] : [])];
    throw new AppError(
      'invalid_request',
      `There is more than one ${name}: ${places.join(', ')}. Name cluster and service, or function.`,
    );
  }
  const [cluster] = clusters;
  if (cluster !== undefined) return { ...target, cluster, service: name };
  return isFunction ? { ...target, function: name } : target;
}

async function examine(question: HealthQuestion, target: Target): Promise<Composition> {
  const { cluster = 'default', service, function: lambda } = target;
  const ecsOf = (): Promise<EcsHealth> | EcsHealth =>
    service === undefined ? { ...UNREAD, targetGroups: [] } : readEcsHealth(question, cluster, service);
  const lambdaOf = (): Promise<LambdaHealth> | LambdaHealth =>
    lambda === undefined ? UNREAD : readLambdaHealth(question, lambda);
  const [ecs, fn] = await Promise.all([ecsOf(), lambdaOf()]);
  const logGroup = target.logGroup ?? ecs.logGroup ?? fn.logGroup;
  const names = [service, lambda, target.database, target.cache, target.balancer].filter((name) => name !== undefined);
  const optional = async (name: string | undefined, read: (q: HealthQuestion, name: string) => Promise<PartHealth>) =>
    name === undefined ? UNREAD : read(question, name);
  const [balancing, database, cache, alarms, recentErrors] = await Promise.all([
    readBalancing(question, { targetGroups: ecs.targetGroups, balancer: target.balancer }),
    optional(target.database, readDatabase),
    optional(target.cache, readCache),
    readAlarms(question, names),
    optional(logGroup, readErrors),
  ]);
  const parts = [ecs, fn, ...balancing, database, cache, alarms, recentErrors];
  const troubles = parts.flatMap((part) => part.troubles);
  const verdict = verdictOf(service === undefined ? fn : ecs, troubles);
  const { where } = question;
  return {
    data: present({
      ...where,
      verdict,
      troubles: troubles.map(({ words }) => words),
      ecs: ecs.data,
      lambda: fn.data,
      balancing:
        balancing.length === 0 ? undefined : balancing.flatMap(({ data }) => (data === undefined ? [] : [data])),
      database: database.data,
      cache: cache.data,
      alarms: alarms.data,
      recentErrors: recentErrors.data,
    }),
    words: [`${service ?? lambda ?? 'It'} is ${verdict}.`, ...troubles.map(({ words }) => `- ${words}`)].join('\n'),
  };
}

export interface ServiceHealthDeps extends ComposedDeps {
  readonly knownServices?: () => ReadonlyMap<string, KnownService>;
}

export function createServiceHealth(deps: ServiceHealthDeps): Tool {
  return createComposedTool(declaration, deps, (args) => {
    const name = optionalText(args, 'name');
    const known = name === undefined ? undefined : deps.knownServices?.().get(name);
    const placed = {
      ...(known?.region !== undefined && { region: known.region }),
      ...(known?.account !== undefined && { account: known.account }),
    };
    const where = readPlace({ ...placed, ...args }, deps.places);
    const target = readTarget(args, known);
    const minutes = count(args, 'minutes', DEFAULT_MINUTES);
    if (name === undefined && !isNamed(target)) {
      throw new AppError('invalid_request', 'Name a service: name, or cluster and service, or function.');
    }
    return async (asking) => {
      const question = { asking, where, nowMs: deps.clock.nowMs(), minutes };
      const found = isNamed(target) || name === undefined ? target : await find(question, name, target);
      if (!isNamed(found)) {
        if (asking.failures().length > 0)
          return { data: { ...where, verdict: 'unknown', troubles: [] }, words: 'Nothing could be read.' };
        throw new AppError(
          'not_found',
          `Neither ECS nor Lambda has ${name} in ${where.region}. Name cluster and service, function, or another region.`,
        );
      }
      return examine(question, found);
    };
  });
}
