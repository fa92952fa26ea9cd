// The parts of the SDK that `parameter-store.ts` uses, imported when it first asks. Importing the package itself there would put all of
// its 200 operations into the bundle, and their parsing into the start of every function.

export { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
