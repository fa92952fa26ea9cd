/** Makes any number of callers that ask at the same time share one run. The next caller after it ended starts another. */
export function createSingleFlight<Value>(run: () => Promise<Value>): {
  (): Promise<Value>;
  readonly running: () => Promise<Value> | undefined;
} {
  let current: Promise<Value> | undefined;
  const flight = (): Promise<Value> => {
    current ??= run().finally(() => {
      current = undefined;
    });
    return current;
  };
  return Object.assign(flight, { running: () => current });
}
