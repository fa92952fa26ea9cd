import { plannedEnvironment, plannedFunctions } from '../support/aws-use.ts';
import type { Role } from '../support/iam.ts';
import type { PlannedAccount } from '../support/planned-account.ts';
import { listOf, type PolicyStatement } from '../support/terraform.ts';

// The tables of docs/iam.md, out of what is planned.

const statements = (policy: Readonly<Record<string, unknown>>): readonly PolicyStatement[] =>
  [policy['Statement']].flat() as readonly PolicyStatement[];

const code = (text: string): string => `\`${text}\``;

/** `Service: x` as it is, a federated token by the subjects that it must have. */
function taker({ Principal, Condition }: PolicyStatement): string {
  const principal = Principal as { readonly AWS?: string; readonly Service?: string; readonly Federated?: string };
  if (principal.Service !== undefined) {
    const of = Condition?.['StringEquals']?.['aws:SourceArn'];
    return `${code(principal.Service)}${of === undefined ? '' : `, for ${code(String(of).split(':').at(-1) ?? '')}`}`;
  }
  if (principal.AWS !== undefined) {
    const roles = listOf(Condition?.['ArnEquals']?.['aws:PrincipalArn']);
    return `roles of functions: ${roles.map((arn) => code(arn.replace(/^.*role\/sallyport-dev/, '…'))).join(', ')}`;
  }
  const subjects = listOf(Condition?.['StringEquals']?.['token.actions.githubusercontent.com:sub']).filter(
    (subject) => !subject.includes('@'),
  );
  return `GitHub Actions: ${subjects
    .map((subject) => code(subject.replace(/^repo:[^:]+:/, '')))
    .sort()
    .join(', ')}`;
}

function trustTable(roles: Readonly<Record<string, Role>>): string {
  const rows = Object.entries(roles)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, role]) => {
      const who = statements(role.trust).map(taker).join('; ');
      return `| \`…-${name}\` | ${who} | ${role.boundary === undefined ? 'none: its own refusals' : 'yes'} |`;
    });
  return ['| role | who may take it | boundary |', '|---|---|---|', ...rows].join('\n');
}

/** What a key is used for, from the statements that name it. */
function keyUses(role: Role, keys: PlannedAccount['account']['keys']): string {
  const uses = Object.entries(keys).flatMap(([name, { arn }]) => {
    const actions = Object.values(role.policies)
      .flatMap(statements)
      .filter(({ Effect, Resource }) => Effect === 'Allow' && listOf(Resource).includes(arn))
      .flatMap(({ Action }) => listOf(Action).map((action) => action.replace('kms:', '')));
    return actions.length === 0 ? [] : [`${name}: ${[...new Set(actions)].sort().join(', ')}`];
  });
  return uses.sort().join('; ');
}

function rightsTable(planned: PlannedAccount): string {
  const plan = planned.service.redis;
  const roles = planned.roles('redis');
  const rows = [...plannedFunctions(plan)].sort().map((name) => {
    const parameters = Object.entries(plannedEnvironment(plan, name))
      .filter(([setting]) => setting.endsWith('_PARAMETER'))
      .map(([, parameter]) => code(parameter.replace('/sallyport/dev/', '')))
      .sort();
    const role = roles[name];
    if (role === undefined) throw new Error(`no role for ${name}`);
    const writes = Object.values(role.policies)
      .flatMap(statements)
      .filter(({ Action }) => listOf(Action).includes('ssm:PutParameter'))
      .flatMap(({ Resource }) => listOf(Resource).map((arn) => code(arn.replace(/^.*\/sallyport\/dev\//, ''))));
    return `| \`${name}\` | ${[...new Set(parameters)].join(', ')} | ${writes.join(', ')} | ${keyUses(role, planned.account.keys)} |`;
  });
  return ['| function | parameters it reads | writes | keys |', '|---|---|---|---|', ...rows].join('\n');
}

export function rightsTables(planned: PlannedAccount): readonly string[] {
  return [trustTable(planned.roles('redis')), rightsTable(planned)];
}
