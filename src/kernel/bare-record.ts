// Records whose names come from outside, such as headers: nothing is inherited, so that no name finds `constructor` or sets a prototype.

interface BareRecord {
  [name: string]: string;
}

/** Instances of a constructor stay objects with a fixed shape; `Object.create(null)` makes a hash table, three times as slow to fill and read. */
const Bare = function bare() {} as unknown as new () => BareRecord;
Bare.prototype = Object.create(null);

export function createBareRecord(): BareRecord {
  return new Bare();
}
