import { randomBytes } from 'node:crypto';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDynamoDbConversations } from '../../src/adapters/aws/dynamodb-conversations.ts';
import { CONVERSATIONS_TABLE } from '../../src/compose/conversations.ts';
import { TEST_CREDENTIALS } from '../support/aws-emulator.ts';
import { createTestLog } from '../support/log.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { blockOf, outputs } from '../support/plan-reading.ts';
import { hasPython } from '../support/python.ts';
import {
  copyTerraform,
  hasTerraform,
  type Plan,
  statementsOf,
  TERRAFORM_MS,
  TERRAFORM_REGION,
  type TerraformCopy,
} from '../support/terraform.ts';

// The table of conversations: planned with the real provider, for what protects; and made at an emulator, for whether the code finds it as
// it expects it.

const TABLE = `sallyport-dev-${CONVERSATIONS_TABLE}`;
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111';
const ARN = `arn:aws:dynamodb:${TERRAFORM_REGION}:123456789012:table/${TABLE}`;

const root = `
provider "aws" {
  region = "${TERRAFORM_REGION}"
}

module "conversations" {
  source = "../modules/conversations"

  data_key_arn        = "${KEY}"
  deletion_protection = false
  name                = "${TABLE}"
}

output "policy" {
  value = module.conversations.policy
}
`;
const files = { 'conversations-alone/main.tf': root };

(hasTerraform('the plan of the table of conversations') ? describe : describe.skip)('the table, as planned', () => {
  let copy: TerraformCopy;
  let plan: Plan;
  beforeAll(async () => {
    copy = await copyTerraform({ root: 'conversations-alone', files });
    plan = await copy.plan();
  }, TERRAFORM_MS);
  afterAll(async () => copy?.dispose());

  it('is on demand, encrypted, restorable and forgetful, with a stream of both images', () => {
    const table = plan.values('module.conversations.aws_dynamodb_table.this');
    expect(table).toMatchObject({
      name: TABLE,
      billing_mode: 'PAY_PER_REQUEST',
      hash_key: 'person',
      range_key: 'conversation_id',
      stream_enabled: true,
      stream_view_type: 'NEW_AND_OLD_IMAGES',
      server_side_encryption: [{ enabled: true, kms_key_arn: KEY }],
      ttl: [{ attribute_name: 'ttl', enabled: true }],
    });
    expect(blockOf(table, 'point_in_time_recovery')).toMatchObject({ enabled: true });
  });

  it('lets who works on turns touch single items and a person’s list, each for a named person, and nothing else', () => {
    const statements = statementsOf(outputs(plan)['policy']?.value);
    const named = {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'p_*' },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    };
    expect(statements).toEqual([
      {
        Sid: 'Conversations',
        Effect: 'Allow',
        Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
        Resource: ARN,
        Condition: named,
      },
      {
        Sid: 'ListConversations',
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: `${ARN}/index/by_update`,
        Condition: named,
      },
      {
        Sid: 'OpenConversations',
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: KEY,
        Condition: {
          StringEquals: {
            'kms:ViaService': `dynamodb.${TERRAFORM_REGION}.amazonaws.com`,
            'kms:EncryptionContext:aws:dynamodb:tableName': TABLE,
          },
        },
      },
    ]);
  });
});

const canApply = hasTerraform('the table of conversations') && hasPython('the table of conversations');
(canApply ? describe : describe.skip)('the table, as made', () => {
  let aws: Ministack;
  let copy: TerraformCopy;
  let client: DynamoDBClient;
  beforeAll(async () => {
    aws = await startMinistack();
    copy = await copyTerraform({ root: 'conversations-alone', files, env: aws.environment });
    const applied = await copy.run('apply', '-no-color', '-auto-approve');
    if (applied.code !== 0) throw new Error(applied.output);
    client = new DynamoDBClient({ endpoint: aws.endpoint, region: TERRAFORM_REGION, credentials: TEST_CREDENTIALS });
  }, TERRAFORM_MS);
  afterAll(async () => {
    client?.destroy();
    await copy?.dispose();
    await aws?.stop();
  });

  it('is as the code expects it: short and long conversations are kept, listed, removed', async () => {
    const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
    const clock = { nowMs: () => Date.now() };
    const store = createDynamoDbConversations({ table: TABLE, client, clock, random, log: createTestLog() });
    const person = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const empty = { title: '', tainted: false, droppedTurns: 0, turns: [] };
    const messages = [{ role: 'user', text: 'ß'.repeat(300_000) }];
    const turn = { turn: 't_1', status: 'completed', asked_at: 1, tainted: false, messages } as const;
    for (const id of ['c_1', 'c_2', 'c_3']) await store.create(person, id, { ...empty, title: id });
    await store.update(person, 'c_1', (content) => ({ ...content, turns: [turn] }));
    const first = await store.list(person, { limit: 2 });
    const rest = await store.list(person, { limit: 2, cursor: first.cursor ?? '' });
    const listed = [...first.conversations, ...rest.conversations];
    expect(listed.map(({ id }) => id)).toEqual(['c_1', 'c_3', 'c_2']);
    expect((await store.read(person, 'c_1'))?.turns).toEqual([turn]);
    for (const { id } of listed) await store.remove(person, id);
    expect(await store.list(person, { limit: 2 })).toEqual({ conversations: [] });
    expect(await store.forget(person)).toBe(0);
  }, 60_000);

  it(
    'has the stream, and stays as it is at a second plan',
    async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
      expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' });
      const again = await copy.run('plan', '-no-color', '-detailed-exitcode');
      expect([again.code, again.code === 0 ? '' : again.output]).toEqual([0, '']);
    },
    TERRAFORM_MS,
  );
});
