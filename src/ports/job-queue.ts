// Work that is done apart from the request that asked for it. A message carries a job's id and nothing else: what is to be done, and in
// whose name, stands in the job's record (`src/trust/job.ts`), written at the door and checked again by the worker.

export interface SendOptions {
  /** Not handed out before this many seconds have passed; at most 900. */
  readonly delaySeconds?: number;
}

export interface JobQueue {
  /**
   * Hands the id to a worker, later and at least once: the same id may come twice, and one that was sent twice is still done once.
   * Rejects with AppError `unavailable` when the queue does not take it.
   */
  send(jobId: string, options?: SendOptions): Promise<void>;
}
