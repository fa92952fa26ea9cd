import type { Context } from './command.ts';
import { describePlan, type PlanSummary, summarizePlan } from './plan-summary.ts';
import type { PlanOptions, Terraform } from './terraform.ts';

// A plan and its summary: what every command shows before it applies anything.

export interface Planned {
  readonly changes: boolean;
  readonly summary: PlanSummary;
  /** As `terraform show -json` gives it. */
  readonly document: unknown;
}

export async function planAndShow(context: Context, terraform: Terraform, options: PlanOptions = {}): Promise<Planned> {
  const { environment, say, print } = context;
  say(`Planning terraform/${terraform.root} for ${environment} …`);
  const changes = await terraform.plan(options);
  const document = await terraform.show();
  const summary = summarizePlan(document);
  for (const line of describePlan(summary, `${terraform.root} of ${environment}`)) print(line);
  return { changes, summary, document };
}
