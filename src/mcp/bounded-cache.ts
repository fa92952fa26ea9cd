// Remembers the last values used, and never more than `maxEntries` of them: what callers send must not fill the memory.

export interface BoundedCache<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** A map that forgets what was used longest ago. */
export function createBoundedCache<Value>(maxEntries: number): BoundedCache<Value> {
  // A Map remembers the order of insertion: the first key is the one to forget.
  const entries = new Map<string, Value>();
  let newest: string | undefined;
  return {
    get: (key) => {
      const value = entries.get(key);
      // One busy caller asks for the same key again and again: it is at the end already.
      if (value === undefined || key === newest) return value;
      entries.delete(key);
      entries.set(key, value);
      newest = key;
      return value;
    },
    set: (key, value) => {
      entries.delete(key);
      entries.set(key, value);
      newest = key;
      if (entries.size <= maxEntries) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
    delete: (key) => {
      entries.delete(key);
    },
  };
}
