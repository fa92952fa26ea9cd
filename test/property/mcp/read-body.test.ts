import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_DEPTH, readBody } from '../../../src/mcp/protocol/read-body.ts';

const depthOf = (value: unknown): number =>
  value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

/** Nests a value in lists and objects, whose names and neighbours hold every character that could mislead a scanner. */
const nested = fc
  .tuple(
    fc.jsonValue(),
    fc.array(fc.tuple(fc.boolean(), fc.oneof(fc.string(), fc.constantFrom('[', '"', '\\', '\\"[{'))), {
      maxLength: 90,
    }),
  )
  .map(([core, layers]) =>
    layers.reduce<unknown>((inner, [list, text]) => (list ? [text, inner] : { [text]: inner, z: text }), core),
  );

describe('a body', () => {
  it('is read as what it says, unless it nests too deep', () => {
    fc.assert(
      fc.property(nested, fc.constantFrom(undefined, 2), (value, indent) => {
        const read = readBody(Buffer.from(JSON.stringify(value, null, indent)));
        if (depthOf(JSON.parse(JSON.stringify(value))) > MAX_DEPTH)
          expect(read).toMatchObject({ ok: false, reason: 'too_deep' });
        else expect(read).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) });
      }),
      { numRuns: 2000 },
    );
  });

  it('of any bytes is JSON in UTF-8, or refused with a reason', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const read = readBody(bytes);
          let expected: unknown;
          try {
            expected = {
              ok: true,
              value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
            };
          } catch {
            expected = expect.objectContaining({ ok: false });
          }
          expect(read).toEqual(expected);
        },
      ),
      { numRuns: 5000 },
    );
  });
});
