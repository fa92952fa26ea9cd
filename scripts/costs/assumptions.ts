// What docs/costs.md takes for granted beside what was measured. Change a value, run `make docs`, and read the difference.

export const assumptions = {
  /** `memory` in terraform/service, by default. */
  memoryMegabytes: 1024,
  /** Memory that brings one whole vCPU (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html): below it a function computes slower than a core here. */
  vcpuMegabytes: 1769,
  /** Until Google Calendar answers. */
  googleMs: 150,
  /** Until a model has answered both times that a question with one tool call asks it. */
  modelMs: 3000,
  /** Invocations that find no instance. */
  coldShare: 0.01,
  /** X-Ray records this share (its default, beside the first request of each second). */
  tracedShare: 0.05,
  /** Lambda's START, END and REPORT lines for an invocation. */
  lambdaLogBytes: 330,
  /** One line of an HTTP API's access log. */
  accessLogBytes: 450,
  /** An instance reads its secrets again this often, and opens a person's data key again after that long at the earliest. */
  kmsPerCall: 0.02,
} as const;

/** What one environment has whether or not anybody asks, with everything switched on. A test holds it to the plan. */
export const standing = {
  kmsKeys: 4,
  dashboards: 1,
  alarmMetrics: 77,
} as const;

/** Metrics of ours that occur in ordinary use: tools × outcomes, refusals by reason, turns and jobs by how they ended, tokens and cost, days left. */
export const ORDINARY_METRICS = 19;
/** Rules of the firewall that `edge` sets up. A test holds it to the plan. */
export const FIREWALL_RULES = 4;
