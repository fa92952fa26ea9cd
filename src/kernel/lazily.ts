// For what costs too much to make before somebody needs it: packages, clients, what they read first.

/** Evaluates once it is needed; a failure is not remembered. */
export function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
