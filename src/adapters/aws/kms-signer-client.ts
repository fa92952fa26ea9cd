// The parts of the SDK that `kms-signer.ts` uses, imported when it first asks; see `kms-client.ts`.

export { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
