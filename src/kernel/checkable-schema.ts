// A stranger's schema as far as it is checked here. What lets a few words of a schema cost hours is left out, on every level: its regular expressions,
// and whatever else takes more than one look at each part of a value. The server that declares it checks its own arguments; this check only tells a
// model early what is wrong. It never calls wrong what the whole schema takes: where something is left out, so is what would then say no.

export type Schema = Readonly<Record<string, unknown>>;

export interface CheckableSchema {
  readonly schema: Schema;
  /** Before each check: the looks that one value may cost begin anew. */
  begin(): void;
}

/** Looks at one value, each as heavy as the part of the schema that is looked at: about a quarter of a second. References may double them at every step. */
const MAX_LOOKS = 250_000;

/**
 * `pattern` and `patternProperties` are programs of a stranger. `uniqueItems` compares each with each. `dependencies`, of the older drafts, the
 * validator reads in two ways, as names and as a schema.
 */
const COSTLY = ['pattern', 'patternProperties', 'uniqueItems', 'dependencies'];

/** A note by the newest dialect, and slow on a long string. Nobody needs to refuse by it. */
const NOTES = ['format'];

/** Says no where a part of it says yes: of no use once a part is left out, which then says yes to all. */
const CONTRARY = ['not', 'if', 'then', 'else', 'oneOf', 'maxContains', 'unevaluatedProperties', 'unevaluatedItems'];

/** Values, in which no word is a keyword. */
const VALUES: ReadonlySet<string> = new Set(['const', 'enum']);
/** Their members have names of the schema's author. */
const MAPS: ReadonlySet<string> = new Set(['$defs', 'definitions', 'properties', 'dependentSchemas']);

const isObject = (value: unknown): value is Schema => value !== null && typeof value === 'object';

function weightOf(schema: Schema): number {
  const lengths = Object.values(schema).map((member) => (isObject(member) ? Object.keys(member).length : 1));
  return lengths.reduce((sum, length) => sum + length, 1);
}

export function createCheckableSchema(whole: Schema): CheckableSchema {
  let looks = 0;
  let found = false;

  function look(weight: number): void {
    looks += weight;
    if (looks > MAX_LOOKS) throw new RangeError('This schema costs more looks than a check may take.');
  }

  function copyMembers(members: Schema, leftOut: readonly string[]): Schema {
    return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, copy(member, leftOut)]));
  }

  function copyMember(key: string, member: unknown, leftOut: readonly string[]): unknown {
    if (VALUES.has(key)) return member;
    return MAPS.has(key) && isObject(member) && !Array.isArray(member)
      ? copyMembers(member, leftOut)
      : copy(member, leftOut);
  }

  function copy(part: unknown, leftOut: readonly string[]): unknown {
    if (!isObject(part)) return part;
    if (Array.isArray(part)) return part.map((one) => copy(one, leftOut));
    found ||= COSTLY.some((key) => Object.hasOwn(part, key));
    // What is additional cannot be told without the patterns beside it.
    const beside = Object.hasOwn(part, 'patternProperties') ? [...leftOut, 'additionalProperties'] : leftOut;
    const kept = Object.entries(part).filter(([key]) => !beside.includes(key));
    const copied = Object.fromEntries(kept.map(([key, member]) => [key, copyMember(key, member, leftOut)]));
    const weight = weightOf(copied);
    const type = copied['type'];
    // The validator asks each part for its type, once for each value that it holds against it.
    return Object.defineProperty(copied, 'type', {
      get() {
        look(weight);
        return type;
      },
    });
  }

  const asItIs = copy(whole, [...COSTLY, ...NOTES]) as Schema;
  return {
    schema: found ? (copy(whole, [...COSTLY, ...NOTES, ...CONTRARY]) as Schema) : asItIs,
    begin() {
      looks = 0;
    },
  };
}
