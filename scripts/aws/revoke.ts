import { randomBytes } from 'node:crypto';
import { readTruststore } from '../../src/certificates/truststore.ts';
import { createOperator } from '../../src/operator/operator.ts';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { createAwsClients } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { readOperatorSettings, withOperatorStore } from './parts/operator-store.ts';
import { readParameters } from './parts/parameters.ts';
import { demand, preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { Stop } from './parts/stop.ts';
import { readTruststoreObject } from './parts/truststore.ts';

// `make revoke SERIAL=`: every instance refuses the certificate within 60 seconds, on open connections too.

/** Hex in lower case, without colons and leading zeros. */
const plain = (serial: string): string => serial.replace(/^0x|:/gi, '').toLowerCase().replace(/^0+/, '');

/** Of the certificate in a credentials document. A damaged document stops no revocation, and nothing of it is told. */
function serialOf(document: string): string | undefined {
  try {
    return plain(parseCredentials(document).certificate.serial);
  } catch {
    return undefined;
  }
}

await runCommand({
  name: 'revoke',
  summary: 'Revokes a client certificate by its serial number: refused everywhere within 60 seconds.',
  positionals: ' SERIAL',
  run: async (context) => {
    const { environment, names, positionals, print, say } = context;
    const [serial = ''] = positionals;
    if (!/^(?:0x)?[0-9a-f:]{1,64}$/i.test(serial) || positionals.length !== 1) {
      throw new Stop(
        EXIT.usage,
        'Say the serial number in hex: make revoke SERIAL=4f3a… (a certificate’s `openssl x509 -serial`).',
      );
    }
    demandConfirmable(context);
    const aws = createAwsClients();
    const { account } = await preconditions(() => aws, names, { foundation: true });
    const operator = await readOperatorSettings(aws, names);
    const authorities = readTruststore((await readTruststoreObject(aws, names, account)).text);
    demand([
      ...operator.missing,
      ...(authorities.length > 0 ? [] : [{ what: 'the truststore is empty', mend: `make certs ENV=${environment}` }]),
    ]);
    const document = (await readParameters(aws, names, ['agent-credentials']))
      .get('agent-credentials')
      ?.value?.reveal();
    const isInUse = document !== undefined && serialOf(document) === plain(serial);
    const warning = isInUse
      ? ' THE AGENT USES IT NOW: it is shut out until `make rotate RENEW=1`, and up to five minutes more.'
      : '';
    await confirm(context, `This revokes ${serial} of ${authorities.map(({ name }) => name).join(' and ')}.${warning}`);
    // While one authority takes over from another, the number is refused from both: it is 16 random bytes, so it means one certificate.
    await withOperatorStore(operator, async (store) => {
      const random = { bytes: (count: number) => randomBytes(count) };
      const { revokeSerial } = createOperator({ store, clock: { nowMs: () => Date.now() }, random });
      // One after the other: both are entries of one record.
      for (const { name } of authorities) {
        const entry = await revokeSerial(name, serial);
        print(`revoked ${entry.serial} of ${entry.issuer}`);
      }
    });
    say('Every door refuses it within 60 seconds.');
    if (isInUse) say(`Next: make rotate ENV=${environment} RENEW=1`);
    return EXIT.done;
  },
});
