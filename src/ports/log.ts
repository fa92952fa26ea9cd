/** Fields of one event. Values are plain JSON; never message text, addresses, tokens or a calendar's contents. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/**
 * What is counted, and by what besides service and environment. Values are words of ours, never a caller's: each combination is billed.
 * Units and meaning: docs/metrics.md.
 */
export interface MetricDimensions {
  /** A request that was not let in; `reason` is the log's. */
  readonly Refused: { readonly reason: string };
  readonly ToolCall: { readonly tool: string; readonly outcome: string };
  readonly Turn: { readonly status: string };
  /** Tokens that a model took (`input`) and gave (`output`), by the model that answered. */
  readonly ModelTokens: { readonly model: string; readonly kind: 'input' | 'output' };
  /** In the currency of the operator's prices. */
  readonly ModelCost: { readonly model: string };
  /** A job of the worker; `kind` is one that it knows. */
  readonly Job: { readonly kind: string; readonly outcome: string };
  /** Whole days until a certificate ends; of several agents, each writes its own. */
  readonly CertificateDaysLeft: { readonly certificate: 'agent' | 'authority' };
  /** A run of the rotation that did not do what was due. */
  readonly RotationFailed: Readonly<Record<never, string>>;
}

export type MetricName = keyof MetricDimensions;

/** One JSON line an event. `child` adds fields (such as `request_id`) to each line of what it returns. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields & { readonly cause?: string }): void;
  child(fields: LogFields): Log;
  /** Counts `value` (1 unless given) under the given dimensions, in CloudWatch's embedded metric format. */
  metric<Name extends MetricName>(name: Name, dimensions: MetricDimensions[Name], value?: number): void;
}
