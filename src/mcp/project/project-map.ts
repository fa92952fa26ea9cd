import * as z from 'zod';
import type { KnownService } from '../tools/aws/composed/known-service.ts';

// `sallyport.json`: what a project calls its own things, and what they are on AWS. It comes with the project, which may be somebody else's, so it
// says where to look and nothing more: it names no profile, no credentials and no address, and holds no free text that would reach a model as words.

/** As people say it: `gateway`, `api gateway`. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,62}$/;
/** Names and ARNs of AWS. */
const IDENTIFIER = /^[\w+=,.@/:#$-]{1,512}$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;
const ACCOUNT = /^[a-z][a-z0-9-]{0,31}$/;

const name = () => z.string().regex(NAME, 'begins with a letter or digit, then letters, digits, spaces, . _ -');
const identifier = (what: string) => z.string().regex(IDENTIFIER, 'is no name or ARN of AWS').optional().describe(what);
const region = (what: string) =>
  z.string().regex(REGION, 'is no region, such as eu-central-1').optional().describe(what);

const service = z.strictObject({
  aliases: z.array(name()).max(10).optional().describe('What else people call it.'),
  region: region('Where it runs, if not in the project’s region.'),
  account: z
    .string()
    .regex(ACCOUNT, 'is no name of an account')
    .optional()
    .describe('A name in SALLYPORT_AWS_ACCOUNTS; your own account when left out.'),
  cluster: identifier('ECS cluster.'),
  service: identifier('ECS service.'),
  function: identifier('Lambda function.'),
  repository: identifier('ECR repository.'),
  log_group: identifier('CloudWatch log group.'),
  secret: identifier('Secrets Manager secret; only its metadata is ever read.'),
  database: identifier('RDS instance.'),
  cache: identifier('ElastiCache cluster or replication group.'),
  balancer: identifier('Load balancer: its name, not its ARN.'),
});

export const projectFile = z
  .strictObject({
    $schema: z.string().max(500).optional(),
    region: region('Where the project runs, when neither --region, nor AWS_REGION, nor the profile says.'),
    services: z
      .record(name(), service)
      .refine((services) => Object.keys(services).length <= 200, 'at most 200 services')
      .describe('Each by the name that people use for it.'),
  })
  .meta({
    title: 'sallyport.json',
    description: 'What a project calls its own resources, and what they are on AWS.',
  });

export type Project = z.infer<typeof projectFile>;
export type ProjectService = Project['services'][string];

/** Members of a service that name something on AWS. */
export const RESOURCE_KINDS = [
  'cluster',
  'service',
  'function',
  'repository',
  'log_group',
  'secret',
  'database',
  'cache',
  'balancer',
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** "The API Gateway", `api-gateway` and `API_gateway` are one name. */
export function normalName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s._-]+/g, '-')
    .replace(/^-|-$/g, '')
    .replace(/^the-/, '');
}

/** The first problem of two services that go by one name. */
function sharedName(project: Project): string | undefined {
  const seen = new Map<string, string>();
  for (const [own, { aliases = [] }] of Object.entries(project.services)) {
    for (const said of [own, ...aliases]) {
      const other = seen.get(normalName(said));
      if (other !== undefined && other !== own) return `services.${own}: "${said}" is a name of ${other} as well`;
      seen.set(normalName(said), own);
    }
  }
  return undefined;
}

/** The project, or what is wrong with the file, one line for each problem. */
export function parseProject(value: unknown): { readonly project: Project } | { readonly problems: readonly string[] } {
  const parsed = projectFile.safeParse(value, { jitless: true });
  if (!parsed.success) {
    return { problems: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`) };
  }
  const shared = sharedName(parsed.data);
  return shared === undefined ? { project: parsed.data } : { problems: [shared] };
}

function known(project: Project, own: ProjectService): KnownService {
  const { region: at = project.region, account, cluster, service: ecs, function: lambda, log_group: logGroup } = own;
  const { database, cache, balancer } = own;
  const members = { region: at, account, cluster, service: ecs, function: lambda, logGroup, database, cache, balancer };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** For the tools that take a service by name; however it is written. */
export function knownServices(project: Project): ReadonlyMap<string, KnownService> {
  const found = new Map<string, KnownService>();
  for (const [own, entry] of Object.entries(project.services)) {
    for (const said of [own, ...(entry.aliases ?? [])]) found.set(normalName(said), known(project, entry));
  }
  const plain = found.get.bind(found);
  return Object.assign(found, { get: (said: string) => plain(normalName(said)) });
}

export function findService(project: Project, said: string): readonly [string, ProjectService] | undefined {
  const wanted = normalName(said);
  return Object.entries(project.services).find(([own, { aliases = [] }]) =>
    [own, ...aliases].some((one) => normalName(one) === wanted),
  );
}

const MAX_NAMES_CHARACTERS = 1200;

/** The names alone, for a model that is told once what there is. */
export function namesInWords(project: Project): string {
  const names = Object.entries(project.services).map(([own, { aliases = [] }]) =>
    aliases.length === 0 ? own : `${own} (${aliases.join(', ')})`,
  );
  const said = names.join('; ');
  return said.length <= MAX_NAMES_CHARACTERS ? said : `${said.slice(0, MAX_NAMES_CHARACTERS)} …`;
}
