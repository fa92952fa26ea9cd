import { CONVERSATION_ID_PATTERN, TURN_ID_PATTERN } from './turn-record.ts';

// The few words that every schema of the Agent API's description is written with.

export const text = { type: 'string' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const time = { type: 'string', format: 'date-time' } as const;
export const ref = (kind: 'schemas' | 'responses', name: string) => ({ $ref: `#/components/${kind}/${name}` });

/** An object with these members and no others. */
export function closed<Properties extends Readonly<Record<string, unknown>>>(
  properties: Properties,
  required: readonly string[],
  more: object = {},
) {
  return { type: 'object', properties, required, additionalProperties: false, ...more };
}

export const turnId = { type: 'string', pattern: TURN_ID_PATTERN.source, examples: ['t_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD'] };
export const conversationId = {
  type: 'string',
  pattern: CONVERSATION_ID_PATTERN.source,
  examples: ['c_01KAJ5Q2W7A1B2C3D4E5F6G7H8'],
};
