import { listOf, type Plan, type PolicyStatement } from './terraform.ts';

// How tests read a plan: blocks, outputs, statements about tables, what alarms look at.

export type Values = Readonly<Record<string, unknown>>;

/** The only block of this kind. */
export const blockOf = (values: Values, name: string): Values => {
  const [block] = values[name] as Values[];
  if (block === undefined) throw new Error(`no ${name}`);
  return block;
};

export function outputs(plan: Plan): Readonly<Record<string, { readonly value: unknown }>> {
  return plan.document.planned_values.outputs as Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Watched {
  readonly alarm: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Every metric that an alarm looks at, those of a sum too. */
export function watchedMetrics(plan: Plan): readonly Watched[] {
  return plan.resources('aws_cloudwatch_metric_alarm').flatMap(({ values }) => {
    const single = values['metric_name'] ? [values] : [];
    const queried = ((values['metric_query'] ?? []) as Values[]).flatMap(
      (query) => (query['metric'] ?? []) as Values[],
    );
    return [...single, ...queried].map((one) => ({
      alarm: String(values['alarm_name']),
      namespace: String(one['namespace']),
      metric: String(one['metric_name']),
      dimensions: (one['dimensions'] ?? {}) as Readonly<Record<string, string>>,
    }));
  });
}

export function readTableStatement({ Action, Resource, Condition }: PolicyStatement) {
  return {
    resource: listOf(Resource),
    actions: [...listOf(Action)].sort(),
    keys: [...listOf(Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'])].sort(),
  };
}
