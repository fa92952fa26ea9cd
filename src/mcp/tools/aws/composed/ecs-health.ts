import { type HealthQuestion, type PartHealth, readMetrics, type Trouble, UNREAD } from './health.ts';
import { type Json, numberIn, objectIn, objectsIn, present, textIn, textsIn } from './plain-json.ts';

// A service of ECS: what it should run and does, how its deployments go, why tasks stopped, what it said last.

const MAX_TASKS = 10;
const MAX_EVENTS = 5;
const MAX_REASON = 200;

const lastPart = (arn: string | undefined): string | undefined => arn?.slice(arn.lastIndexOf('/') + 1);

function readDeployment(deployment: Json): Json {
  return present({
    id: textIn(deployment, 'id'),
    status: textIn(deployment, 'status'),
    rollout: textIn(deployment, 'rolloutState'),
    reason: textIn(deployment, 'rolloutStateReason')?.slice(0, MAX_REASON),
    taskDefinition: lastPart(textIn(deployment, 'taskDefinition')),
    desired: numberIn(deployment, 'desiredCount'),
    running: numberIn(deployment, 'runningCount'),
    pending: numberIn(deployment, 'pendingCount'),
    failed: numberIn(deployment, 'failedTasks'),
    updatedAt: textIn(deployment, 'updatedAt'),
  });
}

function readTask(task: Json): Json {
  const failed = objectsIn(task, 'containers').find((container) => (numberIn(container, 'exitCode') ?? 0) !== 0);
  return present({
    id: lastPart(textIn(task, 'taskArn')),
    status: textIn(task, 'lastStatus'),
    health: textIn(task, 'healthStatus'),
    taskDefinition: lastPart(textIn(task, 'taskDefinitionArn')),
    startedAt: textIn(task, 'startedAt'),
    stoppedAt: textIn(task, 'stoppedAt'),
    stopped: textIn(task, 'stoppedReason')?.slice(0, MAX_REASON),
    exitCode: numberIn(failed, 'exitCode'),
  });
}

async function readTasks(
  { asking, where }: HealthQuestion,
  cluster: string,
  service: string,
): Promise<readonly Json[]> {
  const arns = await Promise.all(
    ['RUNNING', 'STOPPED'].map(async (desiredStatus) => {
      const parameters = { cluster, serviceName: service, desiredStatus, maxResults: MAX_TASKS };
      return textsIn(await asking.ask('ecs', 'ListTasks', parameters, where), 'taskArns');
    }),
  );
  const tasks = arns.flat();
  if (tasks.length === 0) return [];
  return objectsIn(await asking.ask('ecs', 'DescribeTasks', { cluster, tasks }, where), 'tasks').map(readTask);
}

function troublesOf(service: Json, tasks: readonly Json[]): readonly Trouble[] {
  const [desired, running] = [numberIn(service, 'desiredCount') ?? 0, numberIn(service, 'runningCount') ?? 0];
  const troubles: Trouble[] = [];
  const status = textIn(service, 'status') ?? 'ACTIVE';
  if (status !== 'ACTIVE') troubles.push({ level: 'down', words: `the service is ${status}` });
  if (desired > 0 && running === 0) troubles.push({ level: 'down', words: `none of ${desired} tasks runs` });
  else if (running < desired) troubles.push({ level: 'degraded', words: `${running} of ${desired} tasks run` });
  for (const deployment of objectsIn(service, 'deployments')) {
    const failed = numberIn(deployment, 'failedTasks') ?? 0;
    if (textIn(deployment, 'rolloutState') === 'FAILED')
      troubles.push({ level: 'degraded', words: 'a deployment failed' });
    else if (failed > 0) troubles.push({ level: 'degraded', words: `a deployment had ${failed} tasks fail` });
  }
  const unhealthy = tasks.filter((task) => task['status'] === 'RUNNING' && task['health'] === 'UNHEALTHY').length;
  if (unhealthy > 0)
    troubles.push({ level: 'degraded', words: `${unhealthy} running tasks call themselves unhealthy` });
  return troubles;
}

export interface EcsHealth extends PartHealth {
  readonly targetGroups: readonly string[];
  /** Where its tasks log, as its task definition says. */
  readonly logGroup?: string;
}

async function readLogGroup({ asking, where }: HealthQuestion, taskDefinition: string): Promise<string | undefined> {
  const answer = await asking.ask('ecs', 'DescribeTaskDefinition', { taskDefinition }, where);
  const groups = objectsIn(objectIn(answer, 'taskDefinition'), 'containerDefinitions').map((container) =>
    textIn(objectIn(objectIn(container, 'logConfiguration'), 'options'), 'awslogs-group'),
  );
  return groups.find((group) => group !== undefined);
}

export async function readEcsHealth(question: HealthQuestion, cluster: string, name: string): Promise<EcsHealth> {
  const { asking, where } = question;
  const answer = await asking.ask('ecs', 'DescribeServices', { cluster, services: [name] }, where);
  const service = objectsIn(answer, 'services')[0];
  if (service === undefined) {
    const troubles: readonly Trouble[] =
      answer === undefined ? [] : [{ level: 'down', words: `cluster ${cluster} has no service ${name}` }];
    return { ...UNREAD, troubles, targetGroups: [] };
  }
  const taskDefinition = textIn(service, 'taskDefinition');
  const [tasks, logGroup, metrics] = await Promise.all([
    readTasks(question, cluster, name),
    taskDefinition === undefined ? undefined : readLogGroup(question, taskDefinition),
    readMetrics(
      question,
      'AWS/ECS',
      { ClusterName: lastPart(cluster) ?? cluster, ServiceName: name },
      {
        cpuPercent: ['CPUUtilization', 'Average'],
        memoryPercent: ['MemoryUtilization', 'Average'],
      },
    ),
  ]);
  const data = present({
    cluster,
    service: name,
    status: textIn(service, 'status'),
    desired: numberIn(service, 'desiredCount'),
    running: numberIn(service, 'runningCount'),
    pending: numberIn(service, 'pendingCount'),
    taskDefinition: lastPart(taskDefinition),
    deployments: objectsIn(service, 'deployments').map(readDeployment),
    tasks,
    events: objectsIn(service, 'events')
      .slice(0, MAX_EVENTS)
      .map((event) => present({ at: textIn(event, 'createdAt'), message: textIn(event, 'message') })),
    metrics,
  });
  return {
    data,
    troubles: troublesOf(service, tasks),
    targetGroups: objectsIn(service, 'loadBalancers')
      .map((balancer) => textIn(balancer, 'targetGroupArn'))
      .filter((arn) => arn !== undefined),
    ...(logGroup !== undefined && { logGroup }),
  };
}
