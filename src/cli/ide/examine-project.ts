import { AppError } from '../../kernel/app-error.ts';
import { type Project, type ProjectService, RESOURCE_KINDS, type ResourceKind } from '../../mcp/project/project-map.ts';
import { describeAwsFailure } from '../../mcp/tools/aws/aws-failure.ts';
import type { AwsReader } from '../../mcp/tools/aws/aws-reader.ts';
import { actionsOf } from '../../mcp/tools/aws/aws-service.ts';
import { awsServices } from '../../mcp/tools/aws/services.ts';
import { bad, type Finding, mind, ok } from '../finding.ts';
import { readProjectFile } from './project-file.ts';

// Whether what `sallyport.json` names is there: one read for each thing, with the credentials that the tools use.

export interface ProjectUnderLook {
  readonly path: string;
  /** Rejects with AppError where no region is known. */
  readonly open: (project: Project) => Promise<{ readonly reader: AwsReader; readonly region: string }>;
}

interface Question {
  readonly service: string;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Lists answer with nothing where one is asked for that is not there. */
  readonly isThere?: (answer: object) => boolean;
}

const READ_MS = 15_000;

const listed = (answer: object, list: string, has: (item: Record<string, unknown>) => boolean): boolean => {
  const items: unknown = Reflect.get(answer, list);
  return Array.isArray(items) && items.some((item) => has(item as Record<string, unknown>));
};
const isActive = (item: Record<string, unknown>): boolean => item['status'] !== 'INACTIVE';

/** How each kind is looked for; of several ways one must find it. */
const questions: Readonly<Record<ResourceKind, (id: string, own: ProjectService) => readonly Question[]>> = {
  cluster: (id) => [
    {
      service: 'ecs',
      operation: 'DescribeClusters',
      parameters: { clusters: [id] },
      isThere: (answer) => listed(answer, 'clusters', isActive),
    },
  ],
  service: (id, { cluster }) => [
    {
      service: 'ecs',
      operation: 'DescribeServices',
      parameters: { services: [id], ...(cluster !== undefined && { cluster }) },
      isThere: (answer) => listed(answer, 'services', isActive),
    },
  ],
  function: (id) => [{ service: 'lambda', operation: 'GetFunctionConfiguration', parameters: { FunctionName: id } }],
  repository: (id) => [{ service: 'ecr', operation: 'DescribeRepositories', parameters: { repositoryNames: [id] } }],
  log_group: (id) => [
    {
      service: 'logs',
      operation: 'DescribeLogGroups',
      parameters: { logGroupNamePrefix: id },
      isThere: (answer) => listed(answer, 'logGroups', ({ logGroupName }) => logGroupName === id),
    },
  ],
  secret: (id) => [{ service: 'secretsmanager', operation: 'DescribeSecret', parameters: { SecretId: id } }],
  database: (id) => [{ service: 'rds', operation: 'DescribeDBInstances', parameters: { DBInstanceIdentifier: id } }],
  cache: (id) => [
    { service: 'elasticache', operation: 'DescribeReplicationGroups', parameters: { ReplicationGroupId: id } },
    { service: 'elasticache', operation: 'DescribeCacheClusters', parameters: { CacheClusterId: id } },
  ],
  balancer: (id) => [{ service: 'elb', operation: 'DescribeLoadBalancers', parameters: { Names: [id] } }],
};

type Look =
  | { readonly kind: 'there' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

async function ask(reader: AwsReader, question: Question, where: { region: string; account?: string }): Promise<Look> {
  const { operation, parameters, isThere = () => true } = question;
  const data = awsServices.find(({ service }) => service === question.service);
  if (data === undefined) throw new AppError('internal', `There is no service ${question.service}.`);
  try {
    const answer = await reader.read({ data, operation, parameters, ...where, signal: AbortSignal.timeout(READ_MS) });
    return isThere(answer) ? { kind: 'there' } : { kind: 'absent' };
  } catch (error) {
    const failure = describeAwsFailure(error, { actions: actionsOf(data, operation), ...where });
    return failure.code === 'not_found' ? { kind: 'absent' } : { kind: 'unknown', why: failure.message };
  }
}

interface Named {
  readonly name: string;
  readonly kind: ResourceKind;
  readonly id: string;
  readonly region: string;
}

async function look(reader: AwsReader, named: Named, own: ProjectService): Promise<Look> {
  const { kind, id, region } = named;
  const where = { region, ...(own.account !== undefined && { account: own.account }) };
  let last: Look = { kind: 'absent' };
  for (const question of questions[kind](id, own)) {
    const found = await ask(reader, question, where);
    if (found.kind === 'there') return found;
    if (found.kind === 'unknown') last = found;
  }
  return last;
}

const inWords = (kind: ResourceKind): string => kind.replace('_', ' ');

async function examineService(
  reader: AwsReader,
  [name, own]: readonly [string, ProjectService],
  fallback: string,
): Promise<readonly Finding[]> {
  const region = own.region ?? fallback;
  const named = RESOURCE_KINDS.flatMap((kind): readonly Named[] => {
    const id = own[kind];
    return id === undefined ? [] : [{ name, kind, id, region }];
  });
  if (named.length === 0) return [mind(`${name} names nothing on AWS`, `add its resources to services.${name}`)];
  const looks = await Promise.all(named.map(async (one) => ({ one, found: await look(reader, one, own) })));
  const troubles = looks.flatMap(({ one: { kind, id }, found }): readonly Finding[] => {
    if (found.kind === 'there') return [];
    if (found.kind === 'unknown')
      return [mind(`${name}: its ${inWords(kind)} ${id} could not be looked at`, found.why)];
    const what = `${name}: there is no ${inWords(kind)} ${id} in ${region}`;
    return [bad(what, `correct services.${name}.${kind} in sallyport.json, or its region`)];
  });
  return troubles.length > 0
    ? troubles
    : [ok(`${name}: ${named.map(({ kind }) => inWords(kind)).join(', ')} are there`)];
}

/** The file itself, then everything that it names. */
export async function examineProject({ path, open }: ProjectUnderLook): Promise<readonly Finding[]> {
  let project: Project;
  try {
    project = readProjectFile(path);
  } catch (error) {
    if (error instanceof AppError) return [bad(error.message, 'correct the file: docs/ide.md says what may be in it')];
    throw error;
  }
  const services = Object.entries(project.services);
  const found = ok(`${path} names ${services.length} service${services.length === 1 ? '' : 's'}`);
  try {
    const { reader, region } = await open(project);
    const findings: Finding[] = [];
    for (const service of services) findings.push(...(await examineService(reader, service, region)));
    return [found, ...findings];
  } catch (error) {
    if (error instanceof AppError) return [found, mind(error.message, 'name a profile and a region, or sign in')];
    throw error;
  }
}
