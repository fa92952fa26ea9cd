import { unzipSync } from 'fflate';

// Looks for secrets where none may be: in their own words, and as JSON, URLs, Base64 and hexadecimal would carry them. Archives are opened.

export interface Finding {
  readonly secret: string;
  readonly place: string;
}

export interface SecretSearch {
  /** Adds one under a name that may be printed. Values too short to mean anything are refused. */
  know(name: string, value: string): void;
  readonly names: readonly string[];
  find(place: string, contents: string | Uint8Array): readonly Finding[];
}

/** Shorter ones occur by chance. */
const SHORTEST = 12;

/** Base64 of a text that begins anywhere in what was encoded: without the characters that its neighbours take part in. */
function base64Forms(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [0, 1, 2].flatMap((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3));
    const inner = whole.toString('base64').slice(before === 0 ? 0 : 4);
    return inner.length < SHORTEST ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** A key in PEM is known by each full line of its body, whatever its line ends became. */
function wordsOf(value: string): readonly string[] {
  if (!value.includes('-----BEGIN')) return [value];
  return value.split('\n').filter((line) => line.length >= 48 && !line.startsWith('-----'));
}

function formsOf(value: string): ReadonlySet<string> {
  return new Set(
    wordsOf(value).flatMap((word) => [
      word,
      JSON.stringify(word).slice(1, -1),
      encodeURIComponent(word),
      Buffer.from(word, 'utf8').toString('hex'),
      ...base64Forms(word),
    ]),
  );
}

const isArchive = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3;

export function createSecretSearch(): SecretSearch {
  const known = new Map<string, ReadonlySet<string>>();
  const find = (place: string, contents: string | Uint8Array): readonly Finding[] => {
    if (typeof contents !== 'string' && isArchive(contents)) {
      return Object.entries(unzipSync(contents)).flatMap(([name, bytes]) => find(`${place}!${name}`, bytes));
    }
    const text = typeof contents === 'string' ? contents : Buffer.from(contents).toString('latin1');
    return [...known]
      .filter(([, forms]) => [...forms].some((form) => text.includes(form)))
      .map(([secret]) => ({ secret, place }));
  };
  return {
    know(name, value) {
      if (value.length < SHORTEST) throw new Error(`${name} is too short to be looked for`);
      known.set(name, formsOf(value));
    },
    get names() {
      return [...known.keys()];
    },
    find,
  };
}
