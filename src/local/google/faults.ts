import * as z from 'zod';

// Faults on demand: the next requests that match fail in the way that was asked for. Tests and people set them in code or at
// `/_stand-in/faults`; nothing fails by chance.

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string().toUpperCase().optional(),
      /** A part of the path and query, such as `/events`. */
      pathIncludes: z.string().optional(),
    })
    .default({}),
  /** Answers this status without doing anything. */
  status: z.int().min(200).max(599).optional(),
  /** The answer's body; Google's usual one for the status unless given. */
  body: z.unknown().optional(),
  /** `Retry-After`, seconds. */
  retryAfter: z.int().min(0).optional(),
  /** Waits before anything else happens. */
  delayMs: z.int().min(0).max(600_000).optional(),
  /** Does what was asked and never answers. */
  commitThenTimeout: z.boolean().optional(),
  /** Cuts the connection without doing anything. */
  reset: z.boolean().optional(),
  /** How many matching requests it strikes. */
  times: z.int().min(1).default(1),
});

export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;

export interface Faults {
  /** Adds a fault behind those already waiting. Throws on one that says nothing or nonsense. */
  next(fault: FaultInput): void;
  /** Those that still wait to strike. */
  waiting(): readonly Fault[];
  clear(): void;
  /** Takes the first one that matches; it has struck then. */
  take(method: string, target: string): Fault | undefined;
}

export function createFaults(): Faults {
  let queue: { readonly fault: Fault; left: number }[] = [];
  return {
    next(input) {
      const fault = faultSchema.parse(input);
      queue.push({ fault, left: fault.times });
    },
    waiting: () => queue.map(({ fault, left }) => ({ ...fault, times: left })),
    clear() {
      queue = [];
    },
    take(method, target) {
      const entry = queue.find(({ fault: { match } }) => {
        const methodMatches = match.method === undefined || match.method === method;
        return methodMatches && (match.pathIncludes === undefined || target.includes(match.pathIncludes));
      });
      if (entry === undefined) return undefined;
      entry.left -= 1;
      if (entry.left === 0) queue = queue.filter((other) => other !== entry);
      return entry.fault;
    },
  };
}
