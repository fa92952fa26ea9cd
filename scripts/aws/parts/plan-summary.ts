import * as z from 'zod';

// What a plan would do, for a person who has to say yes: what is lost first, then what is replaced, changed, made. Attribute names are said,
// values never.

const change = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
});

const planDocument = z.object({
  resource_changes: z.array(z.object({ address: z.string(), mode: z.string(), type: z.string(), change })).default([]),
  output_changes: z.record(z.string(), z.object({ actions: z.array(z.string()) })).default({}),
});

export type Action = 'destroy' | 'replace' | 'update' | 'create' | 'forget';

export interface PlannedChange {
  readonly address: string;
  readonly type: string;
  readonly action: Action;
  /** Attributes that differ; for a replacement those that force it. */
  readonly attributes: readonly string[];
  /** Losing it loses data, or shuts people out. */
  readonly dangerous: boolean;
}

export interface PlanSummary {
  readonly changes: readonly PlannedChange[];
  readonly changedOutputs: readonly string[];
}

/** Kinds whose loss cannot be undone by applying again, or that stop every call meanwhile. */
const PRECIOUS: ReadonlySet<string> = new Set([
  'aws_acm_certificate',
  'aws_apigatewayv2_api',
  'aws_apigatewayv2_domain_name',
  'aws_cloudwatch_log_group',
  'aws_dynamodb_table',
  'aws_iam_openid_connect_provider',
  'aws_kms_key',
  'aws_s3_bucket',
  'aws_s3_object',
  'aws_ssm_parameter',
]);

const ORDER: readonly Action[] = ['destroy', 'replace', 'forget', 'update', 'create'];

function actionOf(actions: readonly string[]): Action | undefined {
  if (actions.includes('delete') && actions.includes('create')) return 'replace';
  if (actions.includes('delete')) return 'destroy';
  if (actions.includes('create')) return 'create';
  if (actions.includes('update')) return 'update';
  return actions.includes('forget') ? 'forget' : undefined;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function differing({ before, after, after_unknown: unknown }: z.infer<typeof change>): readonly string[] {
  const [old, next, open] = [asRecord(before), asRecord(after), asRecord(unknown)];
  const names = new Set([...Object.keys(old), ...Object.keys(next), ...Object.keys(open)]);
  const isOpen = (value: unknown): boolean =>
    value === true || (typeof value === 'object' && JSON.stringify(value).includes('true'));
  return [...names]
    .filter((name) => isOpen(open[name]) || JSON.stringify(old[name]) !== JSON.stringify(next[name]))
    .sort();
}

/** Reads `terraform show -json`. Data sources that are only read again do not count. */
export function summarizePlan(document: unknown): PlanSummary {
  const plan = planDocument.parse(document);
  const changes = plan.resource_changes.flatMap((resource): readonly PlannedChange[] => {
    const action = actionOf(resource.change.actions);
    if (resource.mode !== 'managed' || action === undefined) return [];
    const forcing = [...new Set((resource.change.replace_paths ?? []).map(([first]) => String(first)))];
    const attributes = action === 'update' ? differing(resource.change) : action === 'replace' ? forcing : [];
    const dangerous = (action === 'destroy' || action === 'replace') && PRECIOUS.has(resource.type);
    return [{ address: resource.address, type: resource.type, action, attributes, dangerous }];
  });
  const rank = (item: PlannedChange): number => ORDER.indexOf(item.action) - (item.dangerous ? ORDER.length : 0);
  const sorted = changes.sort((left, right) => rank(left) - rank(right) || (left.address < right.address ? -1 : 1));
  const changedOutputs = Object.entries(plan.output_changes)
    .filter(([, { actions }]) => actions.some((action) => action !== 'no-op'))
    .map(([name]) => name);
  return { changes: sorted, changedOutputs };
}

const WORDS: Readonly<Record<Action, string>> = {
  destroy: 'destroyed',
  replace: 'replaced (destroyed and made anew)',
  forget: 'left alone from now on',
  update: 'changed in place',
  create: 'created',
};
const SIGNS: Readonly<Record<Action, string>> = { destroy: '-', replace: '±', forget: '.', update: '~', create: '+' };

export const hasDanger = ({ changes }: PlanSummary): boolean => changes.some((item) => item.dangerous);

export function countsOf({ changes }: PlanSummary): string {
  const counted = ORDER.map((action) => [action, changes.filter((item) => item.action === action).length] as const);
  const parts = counted
    .filter(([, count]) => count > 0)
    .map(([action, count]) => `${count} ${WORDS[action].split(' ')[0]}`);
  return parts.length === 0 ? 'nothing changes' : parts.join(', ');
}

function describe({ address, action, attributes }: PlannedChange): string {
  const why = attributes.length === 0 ? '' : `  (${attributes.join(', ')})`;
  return `  ${SIGNS[action]} ${address}${why}`;
}

/** Lines for a terminal. */
export function describePlan(summary: PlanSummary, title: string): readonly string[] {
  const { changes, changedOutputs } = summary;
  if (changes.length === 0) {
    const outputs = changedOutputs.length === 0 ? '' : ` Outputs change: ${changedOutputs.join(', ')}.`;
    return [`${title}: no resource changes.${outputs}`];
  }
  const dangerous = changes.filter((item) => item.dangerous);
  const rest = changes.filter((item) => !item.dangerous);
  const sections = ORDER.flatMap((action) => {
    const items = rest.filter((item) => item.action === action);
    return items.length === 0 ? [] : [`${WORDS[action]}: ${items.length}`, ...items.map(describe)];
  });
  return [
    `${title}: ${countsOf(summary)}`,
    ...(dangerous.length === 0
      ? []
      : [`DANGER, data or access would be lost: ${dangerous.length}`, ...dangerous.map(describe)]),
    ...sections,
  ];
}

/** The same for a pull request's comment. */
export function planMarkdown(summary: PlanSummary, title: string): string {
  const lines = describePlan(summary, title);
  const [head = '', ...body] = lines;
  const warning = hasDanger(summary) ? '\n> [!CAUTION]\n> Data or access would be lost: read the first lines.\n' : '';
  return body.length === 0 ? `### ${head}\n` : `### ${head}\n${warning}\n\`\`\`text\n${body.join('\n')}\n\`\`\`\n`;
}
