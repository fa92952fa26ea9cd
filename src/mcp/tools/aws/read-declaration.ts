import type { ToolDeclaration } from '../tool.ts';
import type { AwsServiceData } from './aws-service.ts';

// What clients and models see of a service's reads: lean, since there are two dozen of them.

const TEXT = { type: 'string' } as const;
const place = { region: TEXT, account: TEXT } as const;

export function declareReadTool(data: AwsServiceData): ToolDeclaration {
  return {
    name: `${data.service}_read_operations`,
    title: `Read from ${data.title}`,
    description: `Reads from AWS ${data.title}. Changes nothing.`,
    inputSchema: {
      type: 'object',
      properties: {
        operation: { type: 'string', enum: Object.keys(data.operations) },
        parameters: { type: 'object', description: 'As the AWS API names them.' },
        region: { type: 'string', description: 'One, or several with commas.' },
        account: { type: 'string', description: 'Name of another account, or several with commas.' },
        fields: {
          type: 'array',
          items: TEXT,
          maxItems: 50,
          description: 'Paths such as Reservations.Instances.InstanceId.',
        },
        cursor: { type: 'string', description: 'Of an earlier answer, for what follows it; with one region.' },
        refresh: { type: 'boolean', description: 'Asks anew, not from memory.' },
      },
      required: ['operation'],
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      properties: {
        operation: TEXT,
        readAt: TEXT,
        results: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              ...place,
              data: { type: 'object' },
              cursor: TEXT,
              leftOut: { type: 'integer' },
              cut: { type: 'boolean' },
            },
            required: ['region', 'data'],
            additionalProperties: false,
          },
        },
        errors: {
          type: 'array',
          items: {
            type: 'object',
            properties: { ...place, code: TEXT, message: TEXT },
            required: ['region', 'code', 'message'],
            additionalProperties: false,
          },
        },
      },
      required: ['operation', 'readAt', 'results', 'errors'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    scopes: ['aws.read'],
    toolset: 'aws',
  };
}
