import type { Place } from '../places.ts';
import { present } from './plain-json.ts';

// What a look at an account's safety finds: one thing each, with what to do about it.

export const severities = ['high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

export const findingKinds = [
  'public_bucket',
  'open_security_group',
  'public_database',
  'unencrypted_store',
  'old_access_key',
  'root_access_key',
  'no_mfa',
] as const;

export interface Finding extends Place {
  readonly severity: Severity;
  readonly kind: (typeof findingKinds)[number];
  /** Its name or id. */
  readonly resource: string;
  readonly detail: string;
  readonly mend: string;
}

/** What was looked at, and what of it was found wanting. */
export interface Looked {
  readonly checked: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export function finding(where: Place, found: Omit<Finding, keyof Place>): Finding {
  return present({ ...found, ...where }) as unknown as Finding;
}

export function bySeverity(left: Finding, right: Finding): number {
  return severities.indexOf(left.severity) - severities.indexOf(right.severity);
}

/** Adds up what several looks found. */
export function together(looks: readonly Looked[]): Looked {
  const checked: Record<string, number> = {};
  for (const look of looks) {
    for (const [name, count] of Object.entries(look.checked)) checked[name] = (checked[name] ?? 0) + count;
  }
  return { checked, findings: looks.flatMap(({ findings }) => findings).sort(bySeverity) };
}
