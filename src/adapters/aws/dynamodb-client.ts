// The parts of the SDK that `dynamodb-store.ts` uses, imported when it first asks. The low-level client: the document client would turn every
// item over twice, and bring its own code for it.

export {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
