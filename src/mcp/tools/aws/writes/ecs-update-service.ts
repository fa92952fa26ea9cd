import { AppError } from '../../../../kernel/app-error.ts';
import { answering, preparing } from '../../answering.ts';
import { flag, optionalText, text } from '../../arguments.ts';
import { quoted } from '../../plain-line.ts';
import type { JsonObject, Tool, ToolDeclaration } from '../../tool.ts';
import { createAsking } from '../composed/asking.ts';
import { type Json, numberIn, objectIn, objectsIn, present, textIn } from '../composed/plain-json.ts';
import { type Place, readPlace } from '../places.ts';
import type { WriteToolDeps } from './write-tool-deps.ts';

// Changes how many tasks a service of ECS runs, or of which task definition, or has them made anew. The person sees what is and what will be.

const MAX_TASKS = 1000;
const LOOK_MS = 10_000;

const NAME = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[A-Za-z0-9_-]+$' } as const;
const STATE = {
  type: 'object',
  properties: {
    desired: { type: 'integer' },
    running: { type: 'integer' },
    taskDefinition: { type: 'string' },
    rollout: { type: 'string' },
  },
  additionalProperties: false,
} as const;

const declaration: ToolDeclaration = {
  name: 'ecs_update_service',
  title: 'Change a service on ECS',
  description: 'Changes the number of tasks or the task definition of a service on ECS, or replaces its tasks.',
  inputSchema: {
    type: 'object',
    properties: {
      cluster: NAME,
      service: NAME,
      desiredCount: { type: 'integer', minimum: 0, maximum: MAX_TASKS },
      taskDefinition: {
        type: 'string',
        maxLength: 300,
        pattern: '^[A-Za-z0-9_-]{1,255}:[1-9][0-9]{0,9}$',
        description: 'family:revision',
      },
      forceNewDeployment: { type: 'boolean', description: 'Replaces all tasks.' },
      region: { type: 'string' },
    },
    required: ['cluster', 'service'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      cluster: { type: 'string' },
      service: { type: 'string' },
      region: { type: 'string' },
      before: STATE,
      after: STATE,
    },
    required: ['cluster', 'service', 'region', 'before', 'after'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  scopes: ['aws.write'],
  toolset: 'aws-writes',
};

interface Change {
  readonly cluster: string;
  readonly service: string;
  readonly where: Place;
  readonly desiredCount?: number;
  readonly taskDefinition?: string;
  readonly force: boolean;
}

function readChange(args: JsonObject, { places }: WriteToolDeps): Change {
  const desired = args['desiredCount'];
  const taskDefinition = optionalText(args, 'taskDefinition');
  const force = flag(args, 'forceNewDeployment');
  if (desired === undefined && taskDefinition === undefined && !force) {
    throw new AppError('invalid_request', 'Say what to change: desiredCount, taskDefinition or forceNewDeployment.');
  }
  return {
    cluster: text(args, 'cluster'),
    service: text(args, 'service'),
    where: readPlace(args, { ...places, accounts: [] }),
    ...(typeof desired === 'number' && { desiredCount: desired }),
    ...(taskDefinition !== undefined && { taskDefinition }),
    force,
  };
}

const family = (arn: string | undefined): string | undefined => arn?.slice(arn.lastIndexOf('/') + 1);

function stateOf(service: Json): Json {
  return present({
    desired: numberIn(service, 'desiredCount'),
    running: numberIn(service, 'runningCount'),
    taskDefinition: family(textIn(service, 'taskDefinition')),
    rollout: textIn(objectsIn(service, 'deployments')[0], 'rolloutState'),
  });
}

/** The service as it is. Throws AppError when it cannot be read or is not there. */
async function readService({ reader }: WriteToolDeps, { cluster, service, where }: Change): Promise<Json> {
  const asking = createAsking({ reader, signal: AbortSignal.timeout(LOOK_MS) });
  const answer = await asking.ask('ecs', 'DescribeServices', { cluster, services: [service] }, where);
  const [failure] = asking.failures();
  if (failure !== undefined) {
    const code = failure.code === 'not_found' ? 'not_found' : 'upstream_failed';
    throw new AppError(code, `${failure.message} Nothing was changed.`);
  }
  const found = objectsIn(answer, 'services').find((one) => textIn(one, 'status') === 'ACTIVE');
  if (found === undefined)
    throw new AppError('not_found', `Cluster ${cluster} in ${where.region} has no service ${service}.`);
  return found;
}

async function demandTaskDefinition({ reader }: WriteToolDeps, { taskDefinition, where }: Change): Promise<void> {
  if (taskDefinition === undefined) return;
  const asking = createAsking({ reader, signal: AbortSignal.timeout(LOOK_MS) });
  const answer = await asking.find('ecs', 'DescribeTaskDefinition', { taskDefinition }, where);
  const found = answer === 'absent' ? {} : objectIn(answer, 'taskDefinition');
  // Whoever may not read task definitions may still be allowed to use one: only what is known to be wrong is refused.
  const [failure] = asking.failures();
  if (failure?.code === 'access_denied') return;
  if (textIn(found, 'taskDefinitionArn') === undefined || textIn(found, 'status') === 'INACTIVE') {
    throw new AppError('not_found', `There is no active task definition ${taskDefinition} in ${where.region}.`);
  }
}

/** What will be different, part by part. */
function differences(before: Json, { desiredCount, taskDefinition, force }: Change): readonly string[] {
  const [desired, family] = [numberIn(before, 'desired') ?? 0, textIn(before, 'taskDefinition') ?? 'none'];
  return [
    ...(desiredCount !== undefined && desiredCount !== desired
      ? [`tasks ${desired} → ${desiredCount}${desiredCount === 0 ? ', which stops it' : ''}`]
      : []),
    ...(taskDefinition !== undefined && taskDefinition !== family
      ? [`task definition ${family} → ${taskDefinition}`]
      : []),
    ...(force ? ['all tasks replaced'] : []),
  ];
}

const accountOf = (service: Json): string => textIn(service, 'serviceArn')?.split(':')[4] ?? 'unknown';

async function describe(args: JsonObject, deps: WriteToolDeps): Promise<string> {
  const change = readChange(args, deps);
  const service = await readService(deps, change);
  await demandTaskDefinition(deps, change);
  const different = differences(stateOf(service), change);
  if (different.length === 0) throw new AppError('conflict', 'The service is so already. There is nothing to change.');
  const { cluster, where } = change;
  return `Change ECS service ${quoted(change.service)} in cluster ${quoted(cluster)} (${where.region}, account ${accountOf(service)}): ${different.join('; ')}`;
}

export function createEcsUpdateService(deps: WriteToolDeps): Tool {
  return {
    declaration,
    undo: 'Change the service again to the number of tasks and the task definition that the answer names as those before.',
    prepare: preparing(async (args) => describe(args, deps)),
    run: answering(async (args) => {
      const change = readChange(args, deps);
      const { cluster, service, where, desiredCount, taskDefinition, force } = change;
      const before = stateOf(await readService(deps, change));
      const parameters = present({
        cluster,
        service,
        desiredCount,
        taskDefinition,
        forceNewDeployment: force || undefined,
      });
      await deps.writer.write('UpdateService', parameters, where.region);
      // What AWS says now, not what was asked of it.
      const after = stateOf(await readService(deps, change));
      const words = `${service} in ${cluster} should run ${numberIn(after, 'desired')} tasks of ${textIn(after, 'taskDefinition')}; ${numberIn(after, 'running')} run.`;
      return { structuredContent: { cluster, service, region: where.region, before, after }, text: words };
    }),
  };
}
