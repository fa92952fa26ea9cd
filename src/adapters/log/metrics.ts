import type { MetricName } from '../../ports/log.ts';

// What is counted, described once: the log writes by it, docs/metrics.md and Terraform's alarms are held to it by a test. CloudWatch
// bills every combination of dimension values that occurs as a metric of its own: a dimension's values are few and never a caller's text.

export const METRIC_NAMESPACE = 'Sallyport';

/** On every metric, from the log's own fields, so that environments of one account do not mix. */
export const BASE_DIMENSIONS = ['environment', 'service'] as const;

export interface MetricDescription {
  readonly unit: 'Count' | 'None';
  /** Besides the base dimensions. */
  readonly dimensions: readonly string[];
  /** Also counted under the base dimensions alone: an alarm needs one metric, and cannot search for all reasons. */
  readonly total?: true;
}

export const metrics: Readonly<Record<MetricName, MetricDescription>> = {
  Refused: { unit: 'Count', dimensions: ['reason'], total: true },
  ToolCall: { unit: 'Count', dimensions: ['tool', 'outcome'] },
  Turn: { unit: 'Count', dimensions: ['status'] },
  ModelTokens: { unit: 'Count', dimensions: ['model', 'kind'] },
  ModelCost: { unit: 'None', dimensions: ['model'] },
  Job: { unit: 'Count', dimensions: ['kind', 'outcome'] },
  CertificateDaysLeft: { unit: 'Count', dimensions: ['certificate'] },
  RotationFailed: { unit: 'Count', dimensions: [] },
};
