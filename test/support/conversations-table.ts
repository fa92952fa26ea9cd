import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BY_UPDATE } from '../../src/adapters/aws/dynamodb-conversations.ts';

/** The table of conversations as Terraform makes it (terraform/modules/conversations). */
export async function createConversationsTable(client: DynamoDBClient, name: string): Promise<void> {
  const person = { AttributeName: 'person', KeyType: 'HASH' } as const;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'person', AttributeType: 'S' },
        { AttributeName: 'conversation_id', AttributeType: 'S' },
        { AttributeName: 'updated_at', AttributeType: 'N' },
      ],
      KeySchema: [person, { AttributeName: 'conversation_id', KeyType: 'RANGE' }],
      LocalSecondaryIndexes: [
        {
          IndexName: BY_UPDATE,
          KeySchema: [person, { AttributeName: 'updated_at', KeyType: 'RANGE' }],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['metadata', 'version', 'ttl'] },
        },
      ],
    }),
  );
}
