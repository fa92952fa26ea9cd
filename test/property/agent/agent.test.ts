import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toYaml } from '../../../scripts/to-yaml.ts';
import { dropNulls, toStrictSchema } from '../../../src/adapters/models/json-schema.ts';
import { addressesIn, inventedAddresses, invitedAddresses } from '../../../src/agent/addresses.ts';
import { boundTurns } from '../../../src/agent/conversation.ts';
import { ADDRESS_PATTERN } from '../../../src/agent/json-request.ts';
import { markAsData } from '../../../src/agent/model-messages.ts';
import { namesIn, peopleIn } from '../../../src/agent/people.ts';
import type { StoredMessage } from '../../../src/agent/turn-record.ts';
import { createAgentWorld, send } from '../../support/agent-world.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const address = fc.emailAddress().filter((text) => ADDRESS_PATTERN.test(text));
const phrase = fc.stringMatching(/^[a-z ,.]{0,20}$/);

describe('addresses', () => {
  it('are found wherever they stand in a text', () => {
    const plain = fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.(?:org|example)$/);
    fc.assert(
      fc.property(phrase, plain, phrase, (before, found, after) => {
        expect(addressesIn(`${before} ${found.toUpperCase()}, ${after}`)).toContain(found);
      }),
    );
  });

  it('are invented exactly when nobody gave them', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.org$/), { minLength: 2, maxLength: 6 }),
        (all) => {
          const [invented = '', ...given] = all;
          const known = { addresses: addressesIn(given.join(' ')), contacts: [] };
          expect(inventedAddresses(all, known)).toEqual([invented]);
        },
      ),
    );
  });

  it('hide in no shape of attendees', () => {
    const shape = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constant('leaf'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-d]$/), tie('value')),
      ),
    })).value;
    const plant = (value: unknown, text: string): unknown => {
      if (value === 'leaf') return text;
      if (Array.isArray(value)) return value.map((item) => plant(item, text));
      return Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, plant(item, text)]));
    };
    fc.assert(
      fc.property(shape, address, (value, text) => {
        const args = plant(value, text);
        const holds = JSON.stringify(args).includes(JSON.stringify(text).slice(1, -1));
        expect(invitedAddresses({ nested: { attendees: args } }).includes(text.toLowerCase())).toBe(holds);
      }),
    );
  });
});

describe('readers of free text', () => {
  it('take anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.jsonValue(), (text, data) => {
        expect(Array.isArray(namesIn(text))).toBe(true);
        expect(Array.isArray(peopleIn(data))).toBe(true);
        expect(Array.isArray(invitedAddresses({ attendees: data }))).toBe(true);
      }),
    );
  });

  it('are quick on hostile text', () => {
    const read = (unit: string): void => {
      const hostile = unit.repeat(100_000);
      addressesIn(hostile);
      addressesIn(`${hostile}@${hostile}`);
      namesIn(`with Ab${hostile.slice(0, 8000)}`);
    };
    for (const unit of ['with A', 'a@', 'A, ', 'a.', '@a.', 'with Aa and ', 'a', ' '])
      expect(cpuMsOf(() => read(unit))).toBeLessThan(4000);
  });
});

describe('data for a model', () => {
  it('never closes its fence from inside', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('</data>', '<data>', '<', '</', 'data>'), fc.string())),
        (parts) => {
          const marked = markAsData('tool', parts.join(''), false);
          expect(marked.match(/<\/?data>/g)).toEqual(['<data>', '</data>']);
          expect(marked.endsWith('\n</data>')).toBe(true);
        },
      ),
    );
  });
});

describe('bounded conversations', () => {
  it('are the newest turns, in order, at least one', () => {
    const turns = fc.array(
      fc.record({
        messages: fc.array(fc.record({ role: fc.constant('user' as const), text: fc.string({ maxLength: 20_000 }) }), {
          maxLength: 4,
        }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(turns, (all: { messages: StoredMessage[] }[]) => {
        const kept = boundTurns(all, { turns: 20, characters: 48_000 });
        expect(kept).toEqual(all.slice(all.length - kept.length));
        if (all.length > 0) expect(kept.length).toBeGreaterThan(0);
        expect(kept.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 50 },
    );
  });
});

describe('strict schemas', () => {
  const leaf = fc.constantFrom({ type: 'string' }, { type: 'integer' }, { type: 'boolean' }, { enum: ['a', 'b'] });
  const schema = fc.letrec((tie) => ({
    object: fc
      .record({
        properties: fc.dictionary(
          fc.stringMatching(/^[a-f]$/),
          fc.oneof({ depthSize: 'small' }, leaf, tie('object'), tie('list')),
        ),
      })
      .map(({ properties }) => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, 1),
        additionalProperties: false,
      })),
    list: fc.oneof({ depthSize: 'small' }, leaf, tie('object')).map((items) => ({ type: 'array', items })),
  }));

  it('require all they have, at every depth', () => {
    const check = (value: unknown): void => {
      if (value === null || typeof value !== 'object') return;
      const node = value as Record<string, unknown>;
      if ('properties' in node) {
        expect(node['required']).toEqual(Object.keys(node['properties'] as object));
        expect(node['additionalProperties']).toBe(false);
      }
      Object.values(node).forEach(check);
    };
    fc.assert(fc.property(schema.object, (tool) => check(toStrictSchema(tool as Record<string, unknown>))));
  });

  it('lose the nulls they brought, and nothing else', () => {
    fc.assert(
      fc.property(schema.object, fc.jsonValue(), (tool, value) => {
        const dropped = dropNulls(tool as Record<string, unknown>, value);
        const count = (json: unknown) => JSON.stringify(json).length;
        expect(count(dropped)).toBeLessThanOrEqual(count(value));
        if (!JSON.stringify(value).includes('null')) expect(dropped).toEqual(value);
      }),
    );
  });
});

describe('YAML that is written', () => {
  it('has one line for each scalar, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
        (data) => {
          const lines = toYaml(data).split('\n').slice(0, -1);
          expect(lines).toHaveLength(Math.max(1, Object.keys(data).length));
        },
      ),
    );
  });
});

describe('the Agent API', () => {
  it('answers every body and path with a documented status', async () => {
    const world = createAgentWorld();
    const token = await world.token();
    const path = fc.oneof(
      fc.constantFrom('/chat', '/contacts', '/turns/t_01ARZ3NDEKTSV4RRFFQ69G5FAV', '/turns/x/continue'),
      fc.webPath(),
    );
    const body = fc.oneof(
      fc.uint8Array(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc
        .record({ message: fc.string(), time_zone: fc.string() }, { requiredKeys: [] })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
        path,
        body,
        async (method, where, raw) => {
          const { status, body: answer } = await send<{ error?: { code: string } }>(world.app, method, where, {
            token,
            raw,
          });
          expect([200, 400, 404, 405, 413, 415]).toContain(status);
          if (status !== 200) expect(answer.error?.code).toEqual(expect.any(String));
        },
      ),
      { numRuns: 300 },
    );
  });
});
