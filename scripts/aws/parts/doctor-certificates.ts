import { createKmsSigner } from '../../../src/adapters/aws/kms-signer.ts';
import { isIssuedBy } from '../../../src/certificates/agent-credentials.ts';
import { findAuthority, readTruststore } from '../../../src/certificates/truststore.ts';
import { parseCredentials } from '../../../src/trust/credentials.ts';
import type { AwsClients } from './aws.ts';
import type { EnvironmentNames } from './environment.ts';
import { bad, expiry, type Finding, ok } from './finding.ts';
import { readParameters } from './parameters.ts';
import { readTruststoreObject } from './truststore.ts';

// The authority, the truststore and the agent's credentials: whether they belong together, and how long they last.

/** The rotation renews ten days before the end; fewer left means that it does not run. */
const RENEWED_BY_DAYS = 9;
const AUTHORITY_SOON_DAYS = 180;

export async function examineCertificates(
  aws: AwsClients,
  names: EnvironmentNames,
  account: string,
): Promise<readonly Finding[]> {
  const certs = `make certs ENV=${names.environment}`;
  const { text, bucket } = await readTruststoreObject(aws, names, account);
  const authorities = readTruststore(text);
  if (authorities.length === 0) return [bad(`there is no truststore in ${bucket}`, certs)];
  const signer = createKmsSigner({ keyId: names.keyAlias('authority'), client: aws.kms });
  const current = await findAuthority(text, signer);
  const findings = authorities.map(({ name, notAfterMs }) =>
    expiry(`the authority ${name}`, {
      endMs: notAfterMs,
      soonDays: AUTHORITY_SOON_DAYS,
      mend: 'begin a rollover: docs/operations.md',
    }),
  );
  if (current === undefined) findings.push(bad('no authority in the truststore has the key of now', certs));
  const secret = (await readParameters(aws, names, ['agent-credentials'])).get('agent-credentials')?.value;
  if (secret === undefined) return findings;
  const { certificate, document, keyId } = parseCredentials(secret.reveal());
  const renew = `make rotate ENV=${names.environment} RENEW=1`;
  const issuer = authorities.find((authority) => isIssuedBy(document.certificate, authority.certificate));
  return [
    ...findings,
    issuer === undefined
      ? bad('the agent’s certificate is from no authority in the truststore: the door refuses it', certs)
      : ok(`the agent is ${certificate.spiffeId.text}, key ${keyId}, certificate ${certificate.serial}`),
    expiry('the agent’s certificate', { endMs: certificate.notAfterMs, soonDays: RENEWED_BY_DAYS, mend: renew }),
  ];
}
