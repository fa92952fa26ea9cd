// The outcome of a check that may refuse. Expected failures are values; only faults are thrown (`app-error.ts`).

/** A refusal: `reason` is a stable word for logs and metrics, `detail` says more to an operator and never leaves the log. */
export interface Refusal<Reason extends string = string> {
  readonly ok: false;
  readonly reason: Reason;
  readonly detail?: string;
}

export interface Accepted<Value> {
  readonly ok: true;
  readonly value: Value;
}

export type Result<Value, Reason extends string = string> = Accepted<Value> | Refusal<Reason>;

export function accept<Value>(value: Value): Accepted<Value> {
  return { ok: true, value };
}

export function refuse<Reason extends string>(reason: Reason, detail?: string): Refusal<Reason> {
  return detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
}
