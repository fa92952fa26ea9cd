// The parts of the SDK that `kms-key-service.ts` uses, imported when it first asks. Importing the package itself there would put all of
// its operations into the bundle.

export { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
