import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pickFields, shorten, toPlain } from '../../../../../src/mcp/tools/aws/answer-shape.ts';
import { redact } from '../../../../../src/mcp/tools/aws/redact.ts';
import { HIDDEN } from '../../../../../src/mcp/tools/aws/secret-text.ts';

describe('what AWS answered, made plain', () => {
  it('has dates in ISO 8601, no binary data and none of the SDK’s notes', () => {
    const answer = {
      $metadata: { requestId: 'x' },
      At: new Date(Date.UTC(2026, 10, 21)),
      Body: new Uint8Array(12),
      Names: new Set(['a']),
      Big: 12n,
      None: undefined,
      List: [{ At: new Date(0) }],
    };
    expect(toPlain(answer)).toEqual({
      At: '2026-11-21T00:00:00.000Z',
      Body: '(12 bytes)',
      Names: ['a'],
      Big: '12',
      List: [{ At: '1970-01-01T00:00:00.000Z' }],
    });
  });

  it('keeps the fields of one item together, and the place of items without them', () => {
    const answer = { Items: [{ Id: 1, Tag: { Name: 'a', Other: 1 } }, { Id: 2 }], Rest: 'x' };
    expect(pickFields(answer, ['Items.Tag.Name', 'Items.Id'])).toEqual({
      Items: [{ Tag: { Name: 'a' }, Id: 1 }, { Id: 2 }],
    });
    expect(pickFields(answer, ['Nothing.Here', '__proto__.x'])).toEqual({});
    expect(pickFields(answer, [])).toBe(answer);
  });

  it('is shortened to what fits, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' })),
        fc.integer({ min: 2, max: 3000 }),
        (value, bytes) => {
          const { value: short, leftOut, cut } = shorten(value as Record<string, unknown>, bytes);
          expect(Buffer.byteLength(JSON.stringify(short))).toBeLessThanOrEqual(bytes);
          if (leftOut === 0 && !cut) expect(short).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  it('is cut between characters', () => {
    const { value } = shorten({ Text: `x${'🚀'.repeat(1000)}` }, 900);
    expect(value['Text']).toMatch(/^x(?:🚀)+…+$/u);
  });

  it('counts what a list lost', () => {
    const { value, leftOut } = shorten({ Items: Array.from({ length: 64 }, () => 'x'.repeat(50)) }, 1000);
    expect((value['Items'] as string[]).length + leftOut).toBe(64);
  });
});

describe('secrets in an answer', () => {
  it.each([
    [
      { SecretString: 's', Nested: [{ password: 'p' }] },
      { SecretString: HIDDEN, Nested: [{ password: HIDDEN }] },
    ],
    [{ Environment: { Variables: { A: 'x' } } }, { Environment: { Variables: { A: HIDDEN } } }],
    [{ environment: [{ name: 'A', value: 'x' }] }, { environment: [{ name: 'A', value: HIDDEN }] }],
    [
      { Parameters: [{ ParameterKey: 'K', ParameterValue: 'x' }] },
      { Parameters: [{ ParameterKey: 'K', ParameterValue: HIDDEN }] },
    ],
    [{ Outputs: [{ OutputKey: 'K', OutputValue: 'x' }] }, { Outputs: [{ OutputKey: 'K', OutputValue: HIDDEN }] }],
    [
      {
        Tags: [
          { Key: 'db-password', Value: 'x' },
          { Key: 'Name', Value: 'worker' },
        ],
      },
      {
        Tags: [
          { Key: 'db-password', Value: HIDDEN },
          { Key: 'Name', Value: 'worker' },
        ],
      },
    ],
    [{ results: [[{ field: 'token', value: 'x' }]] }, { results: [[{ field: 'token', value: HIDDEN }]] }],
    [{ UserData: { Value: 'x' } }, { UserData: HIDDEN }],
    [{ Endpoint: 'rediss://app:pw@host:1' }, { Endpoint: `rediss://app:${HIDDEN}@host:1` }],
    [{ Command: 'run --password=abc123 --verbose' }, { Command: `run --password=${HIDDEN} --verbose` }],
  ])('are hidden: %j', (answer, hidden) => {
    expect(redact(answer)).toEqual(hidden);
  });

  it.each([
    [{ Name: 'worker', SecretArn: 'arn:aws:secretsmanager:eu-central-1:1:secret:x', TokenCount: 3, KeyPairs: ['a'] }],
    [{ Tags: [{ Key: 'secret', Value: 'arn:aws:secretsmanager:eu-central-1:1:secret:x' }, { Key: 'password' }] }],
    [{ Parameters: [{ Name: '/app/p1', Type: 'SecureString' }], Url: 'https://example.com/path?x=1' }],
  ])('are not seen where there are none: %j', (answer) => {
    expect(redact(answer)).toEqual(answer);
  });
});
