/** Fields of one event. Values are plain JSON; never message text, addresses, tokens or a calendar's contents. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** One JSON line an event. `child` adds fields (such as `request_id`) to each line of what it returns. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields & { readonly cause?: string }): void;
  child(fields: LogFields): Log;
  /** Counts `value` (1 unless given) of `metric` under the given dimensions, in CloudWatch's embedded metric format. */
  metric(name: 'Refused' | 'ToolCall' | 'Turn', dimensions: Readonly<Record<string, string>>, value?: number): void;
}
