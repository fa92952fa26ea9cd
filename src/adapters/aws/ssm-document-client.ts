// The parts of the SDK that `parameter-document.ts` uses, imported when it first asks; see `ssm-client.ts`.

export { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
