import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as judge from 'structured-headers';
import {
  type BareItem,
  type InnerList,
  type Item,
  parseDictionary,
  serializeInnerList,
  serializeItem,
} from '../../../src/trust/structured-field.ts';

// Our parser against the npm package `structured-headers`: on legal texts, on texts damaged at one place, and on noise.
// Known differences, each on purpose: we refuse repeated keys; dates and display strings of RFC 9651, which the judge knows
// and RFC 8941 does not; and base64 that is not in its one canonical spelling.

function asJudge(value: judge.BareItem): unknown {
  if (value instanceof ArrayBuffer) return { bytes: Buffer.from(value).toString('hex') };
  if (value instanceof judge.Token) return { token: value.toString() };
  return value;
}

function asOurs(item: BareItem): unknown {
  if (item.type === 'bytes') return { bytes: item.value.toString('hex') };
  return item.type === 'token' ? { token: item.value } : item.value;
}

const judgeParameters = (parameters: judge.Parameters) => [...parameters].map(([key, value]) => [key, asJudge(value)]);
const ourParameters = (item: Item | InnerList) => [...item.parameters].map(([key, value]) => [key, asOurs(value)]);

function judgeTree(text: string): unknown {
  return [...judge.parseDictionary(text)].map(([key, member]) =>
    judge.isInnerList(member)
      ? [key, member[0].map(([value, own]) => [asJudge(value), judgeParameters(own)]), judgeParameters(member[1])]
      : [key, asJudge(member[0]), judgeParameters(member[1])],
  );
}

function ourTree(text: string): unknown {
  const parsed = parseDictionary(text);
  if (!parsed.ok) return undefined;
  return [...parsed.value].map(([key, member]) =>
    member.kind === 'list'
      ? [key, member.items.map((item) => [asOurs(item.value), ourParameters(item)]), ourParameters(member)]
      : [key, asOurs(member.value), ourParameters(member)],
  );
}

function judgeVerdict(text: string): unknown {
  try {
    return judgeTree(text);
  } catch {
    return undefined;
  }
}

/** A legal text, spelled with as much or little space as RFC 8941 allows. */
const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,6}$/);
const spaces = fc.constantFrom('', ' ', '   ');
const bareItem = fc.oneof(
  fc.stringMatching(/^"(?:[ !#-[\]-~]|\\["\\]){0,12}"$/),
  fc.stringMatching(/^-?[0-9]{1,15}$/),
  fc.stringMatching(/^-?[0-9]{1,12}\.[0-9]{1,3}$/),
  fc.stringMatching(/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}$/),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => `:${Buffer.from(bytes).toString('base64')}:`),
  fc.constantFrom('?0', '?1'),
);
const parameter = fc
  .tuple(spaces, key, fc.option(bareItem))
  .map(([space, name, value]) => `;${space}${name}${value === null ? '' : `=${value}`}`);
const parameters = fc.uniqueArray(parameter, { maxLength: 3, selector: (text) => /[a-z*][^=]*/.exec(text)?.[0] });
const item = fc.tuple(bareItem, parameters).map(([value, own]) => value + own.join(''));
const innerList = fc
  .tuple(fc.array(item, { maxLength: 4 }), spaces, fc.constantFrom(' ', '  '), parameters)
  .map(([items, space, between, own]) => `(${space}${items.join(between)}${space})${own.join('')}`);
const member = fc.tuple(key, fc.option(fc.oneof(item, innerList)), parameters);
const comma = fc.constantFrom(',', ', ', ' ,\t', '\t,  ');
const dictionary = fc
  .tuple(fc.uniqueArray(member, { maxLength: 4, selector: ([name]) => name }), comma, spaces, spaces)
  .map(([members, separator, before, after]) => {
    const texts = members.map(([name, value, own]) => (value === null ? name + own.join('') : `${name}=${value}`));
    return before + texts.join(separator) + after;
  });

const damaged = fc
  .tuple(
    dictionary,
    fc.nat(),
    fc.constantFrom('', ' ', '\t', '"', '(', ')', ';', ',', '=', ':', '?', '.', '-', '\\', 'é', '0', 'A'),
  )
  .map(([text, seed, character]) => {
    const at = text.length === 0 ? 0 : seed % text.length;
    return text.slice(0, at) + character + text.slice(at + (seed % 2));
  });

/** True where one of the differences named above explains the judge's yes. */
function explained(text: string): boolean {
  const parsed = parseDictionary(text);
  if (!parsed.ok && parsed.reason === 'field_repeated_key') return true;
  return /@-?\d/.test(text) || /%"/.test(text) || hasLooseBase64(text);
}

function hasLooseBase64(text: string): boolean {
  const sequences = [...text.matchAll(/:([^:]*):/g)].map((match) => match[1] ?? '');
  return sequences.some((encoded) => Buffer.from(encoded, 'base64').toString('base64') !== encoded);
}

describe('the structured field parser', () => {
  it('reads every legal text as the judge does', () => {
    fc.assert(
      fc.property(dictionary, (text) => {
        expect(ourTree(text)).toEqual(judgeTree(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads or refuses damaged texts and noise as the judge does', () => {
    const text = fc.oneof(damaged, damaged, fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }));
    fc.assert(
      fc.property(text, (candidate) => {
        const ours = ourTree(candidate);
        const theirs = judgeVerdict(candidate);
        if (ours === undefined && theirs !== undefined) expect(explained(candidate)).toBe(true);
        else expect(ours).toEqual(theirs);
      }),
      { numRuns: 10_000 },
    );
  });

  it('writes a whole decimal with its fraction', () => {
    const parsed = parseDictionary('a=(1.0 -0.50);b=12.000');
    const list = parsed.ok ? parsed.value.get('a') : undefined;
    expect(list?.kind === 'list' && serializeInnerList(list)).toBe('(1.0 -0.5);b=12.0');
  });

  it('writes inner lists and items as the judge does', () => {
    fc.assert(
      fc.property(innerList, item, (list, single) => {
        // The judge forgets that 1.0 was a decimal and writes 1, against RFC 8941 §4.1.5.
        fc.pre(!/\.0{1,3}(?![0-9])/.test(`${list} ${single}`));
        const parsed = parseDictionary(`a=${list},b=${single}`);
        if (!parsed.ok) throw new Error(parsed.reason);
        const [ours, other] = [parsed.value.get('a'), parsed.value.get('b')];
        if (ours?.kind !== 'list' || other?.kind !== 'item') throw new Error('not what was written');
        expect(serializeInnerList(ours)).toBe(judge.serializeList(judge.parseList(list)));
        expect(serializeItem(other)).toBe(judge.serializeItem(judge.parseItem(single)));
      }),
      { numRuns: 2000 },
    );
  });
});
