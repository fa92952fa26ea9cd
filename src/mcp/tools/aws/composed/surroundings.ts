import { afterSlash, type HealthQuestion, type PartHealth, type Trouble, UNREAD } from './health.ts';
import { type Json, objectIn, objectsIn, present, textIn, textsIn } from './plain-json.ts';

// What stands around a service: the targets behind its balancer, its database and cache, alarms that name it, and the errors that it logged.

const MAX_ERRORS = 20;
const MAX_MESSAGE = 300;
const MAX_ALARMS = 20;
/** Any one of these words. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
const ERROR_PATTERN = '?ERROR ?Error ?error ?FATAL ?Fatal ?Exception ?exception ?"timed out"';

async function readTargets({ asking, where }: HealthQuestion, arn: string): Promise<PartHealth> {
  const answer = await asking.ask('elb', 'DescribeTargetHealth', { TargetGroupArn: arn }, where);
  if (answer === undefined) return UNREAD;
  const states = objectsIn(answer, 'TargetHealthDescriptions').map((target) => objectIn(target, 'TargetHealth'));
  const healthy = states.filter((state) => textIn(state, 'State') === 'healthy').length;
  const counts: Record<string, number> = {};
  for (const state of states) {
    const name = textIn(state, 'State') ?? 'unknown';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const reasons = [
    ...new Set(states.map((state) => textIn(state, 'Description')).filter((text) => text !== undefined)),
  ];
  const name = afterSlash(arn).split('/')[0] ?? arn;
  const troubles: readonly Trouble[] =
    states.length > 0 && healthy === 0
      ? [{ level: 'down', words: `target group ${name} has no healthy target` }]
      : healthy < states.length
        ? [{ level: 'degraded', words: `target group ${name} has ${healthy} healthy targets of ${states.length}` }]
        : [];
  return { data: { targetGroup: name, targets: counts, reasons: reasons.slice(0, 5) }, troubles };
}

async function targetGroupsOf({ asking, where }: HealthQuestion, balancer: string): Promise<readonly string[]> {
  const found = await asking.ask('elb', 'DescribeLoadBalancers', { Names: [balancer] }, where);
  const arn = textIn(objectsIn(found, 'LoadBalancers')[0], 'LoadBalancerArn');
  if (arn === undefined) return [];
  const groups = await asking.ask('elb', 'DescribeTargetGroups', { LoadBalancerArn: arn }, where);
  return objectsIn(groups, 'TargetGroups')
    .map((group) => textIn(group, 'TargetGroupArn'))
    .filter((one) => one !== undefined);
}

export async function readBalancing(
  question: HealthQuestion,
  { targetGroups, balancer }: { readonly targetGroups: readonly string[]; readonly balancer: string | undefined },
): Promise<readonly PartHealth[]> {
  const more = balancer === undefined ? [] : await targetGroupsOf(question, balancer);
  return Promise.all([...new Set([...targetGroups, ...more])].map((arn) => readTargets(question, arn)));
}

export async function readDatabase({ asking, where }: HealthQuestion, name: string): Promise<PartHealth> {
  const answer = await asking.ask('rds', 'DescribeDBInstances', { DBInstanceIdentifier: name }, where);
  const database = objectsIn(answer, 'DBInstances')[0];
  const status = textIn(database, 'DBInstanceStatus');
  if (database === undefined) return UNREAD;
  const stopped = status !== undefined && /^(?:stopped|stopping|failed|storage-full|inaccessible)/.test(status);
  const troubles: readonly Trouble[] = stopped
    ? [{ level: 'down', words: `database ${name} is ${status}` }]
    : status !== 'available'
      ? [{ level: 'degraded', words: `database ${name} is ${status ?? 'in an unknown state'}` }]
      : [];
  const engine = [textIn(database, 'Engine'), textIn(database, 'EngineVersion')].filter((part) => part !== undefined);
  return { data: present({ name, status, engine: engine.join(' ') }), troubles };
}

export async function readCache({ asking, where }: HealthQuestion, name: string): Promise<PartHealth> {
  const group = await asking.find('elasticache', 'DescribeReplicationGroups', { ReplicationGroupId: name }, where);
  const found = group === 'absent' || group === undefined ? undefined : objectsIn(group, 'ReplicationGroups')[0];
  const cluster = async (): Promise<Json | undefined> => {
    const answer = await asking.ask('elasticache', 'DescribeCacheClusters', { CacheClusterId: name }, where);
    return objectsIn(answer, 'CacheClusters')[0];
  };
  const cache = found ?? (await cluster());
  if (cache === undefined) return UNREAD;
  const status = textIn(cache, 'Status') ?? textIn(cache, 'CacheClusterStatus');
  const troubles: readonly Trouble[] =
    status === 'available' ? [] : [{ level: 'degraded', words: `cache ${name} is ${status ?? 'in an unknown state'}` }];
  return { data: present({ name, status }), troubles };
}

/** Alarms that are on and name one of these things, in a dimension or in their own name. */
export async function readAlarms({ asking, where }: HealthQuestion, names: readonly string[]): Promise<PartHealth> {
  const list = { parameters: { StateValue: 'ALARM', MaxRecords: 100 }, member: 'MetricAlarms' };
  const alarms = await asking.all('cloudwatch', 'DescribeAlarms', list, where);
  if (asking.failures().some(({ part }) => part === 'cloudwatch DescribeAlarms')) return UNREAD;
  const isOurs = (alarm: Json): boolean => {
    const own = textIn(alarm, 'AlarmName')?.toLowerCase() ?? '';
    const dimensions = objectsIn(alarm, 'Dimensions').map((dimension) => textIn(dimension, 'Value') ?? '');
    return names.some((name) => own.includes(name.toLowerCase()) || dimensions.includes(name));
  };
  const ours = alarms.filter(isOurs).map((alarm) =>
    present({
      name: textIn(alarm, 'AlarmName'),
      since: textIn(alarm, 'StateUpdatedTimestamp'),
      reason: textIn(alarm, 'StateReason')?.slice(0, MAX_MESSAGE),
    }),
  );
  return {
    data: { firing: ours.slice(0, MAX_ALARMS), others: alarms.length - ours.length },
    troubles: ours.map((alarm) => ({ level: 'degraded', words: `alarm ${textIn(alarm, 'name') ?? ''} is on` })),
  };
}

/** Lines that speak of errors. Other people's words: a trouble only by how many there are. */
export async function readErrors(
  { asking, where, nowMs, minutes }: HealthQuestion,
  group: string,
): Promise<PartHealth> {
  const parameters = {
    logGroupName: group,
    startTime: nowMs - minutes * 60_000,
    endTime: nowMs,
    filterPattern: ERROR_PATTERN,
    limit: MAX_ERRORS,
  };
  const answer = await asking.ask('logs', 'FilterLogEvents', parameters, where);
  if (answer === undefined) return UNREAD;
  const errors = objectsIn(answer, 'events').map((event) => {
    const at = event['timestamp'];
    return present({
      at: typeof at === 'number' ? new Date(at).toISOString() : undefined,
      message: textIn(event, 'message')?.replace(/\s+/gu, ' ').trim().slice(0, MAX_MESSAGE),
    });
  });
  const more = textIn(answer, 'nextToken') !== undefined;
  const count = `${errors.length}${more ? ' or more' : ''}`;
  const troubles: readonly Trouble[] =
    errors.length === 0
      ? []
      : [{ level: 'degraded', words: `${count} lines in ${group} speak of errors in the last ${minutes} minutes` }];
  return { data: { logGroup: group, lines: errors, more }, troubles };
}

/** Services of ECS with this name, in any cluster, and whether a Lambda function has it. */
export async function searchByName(
  { asking, where }: HealthQuestion,
  name: string,
): Promise<{ readonly clusters: readonly string[]; readonly isFunction: boolean }> {
  const [listed, configured] = await Promise.all([
    asking.ask('ecs', 'ListClusters', { maxResults: 50 }, where),
    asking.find('lambda', 'GetFunctionConfiguration', { FunctionName: name }, where),
  ]);
  const clusters = await Promise.all(
    textsIn(listed, 'clusterArns').map(async (cluster) => {
      const answer = await asking.find('ecs', 'DescribeServices', { cluster, services: [name] }, where);
      const services = answer === 'absent' ? [] : objectsIn(answer, 'services');
      return services.some((service) => textIn(service, 'status') !== 'INACTIVE') ? [afterSlash(cluster)] : [];
    }),
  );
  return { clusters: clusters.flat(), isFunction: configured !== undefined && configured !== 'absent' };
}
