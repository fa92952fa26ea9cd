import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createKmsSigner } from '../../src/adapters/aws/kms-signer.ts';
import { issueBridgeCredentials } from '../../src/certificates/bridge-credentials.ts';
import { findAuthority } from '../../src/certificates/truststore.ts';
import { demandPlace, writeBridgeCredentials } from '../../src/cli/bridge/write-credentials.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { readOperatorSettings, withOperatorStore } from './parts/operator-store.ts';
import { readParameters } from './parts/parameters.ts';
import { demand, preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { Stop } from './parts/stop.ts';
import { readTruststoreObject } from './parts/truststore.ts';
import { readServiceValues } from './parts/variables.ts';

// `make bridge PERSON= OUT=`: what one person's own bridge proves itself by at the agent door, signed by the authority's key in KMS. The file is the
// only copy: it lies in no parameter and no state.

const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => randomBytes(count) };

const textOf = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const numberOf = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));

/** All that issuing needs, read before anybody is asked for a yes. */
async function readAuthority({ environment, names }: Context) {
  const aws = createAwsClients();
  const { account } = await preconditions(() => aws, names, { foundation: true });
  const values = readServiceValues(environment);
  const operator = await readOperatorSettings(aws, names);
  const master = (await readParameters(aws, names, ['hmac-master'])).get('hmac-master')?.value;
  const signer = createKmsSigner({ keyId: names.keyAlias('authority'), client: aws.kms });
  const found = await findAuthority((await readTruststoreObject(aws, names, account)).text, signer);
  const certs = `make certs ENV=${environment}`;
  demand([
    ...operator.missing,
    ...(master === undefined ? [{ what: `${names.parameter('hmac-master')} is not set`, mend: 'make secrets' }] : []),
    ...(found === undefined ? [{ what: 'the truststore holds no authority of the key in KMS', mend: certs }] : []),
    ...(values.trustDomain === undefined
      ? [{ what: `terraform/environments/${environment}.tfvars names no domain`, mend: 'write it' }]
      : []),
  ]);
  return { operator, signer, certificate: found?.certificate ?? '', master, ...values };
}

await runCommand({
  name: 'bridge',
  summary: 'Issues the credentials of a person’s own bridge at the agent door into a file.',
  options: {
    person: { type: 'string', help: 'whose bridge it is' },
    out: { type: 'string', value: 'FILE', help: 'where the credentials go; an older file of that bridge is replaced' },
    scopes: { type: 'string', help: 'what the bridge shall ask for; default "calendar.read calendar.write"' },
    days: { type: 'string', help: 'how long the certificate lasts, 90 at most; default 30' },
    overlap: {
      type: 'string',
      value: 'HOURS',
      help: 'how long the key of before works; 0 where it leaked; default 24',
    },
    'server-ca': { type: 'string', value: 'FILE', help: 'PEM of a private authority behind the MCP API’s certificate' },
  },
  run: async (context) => {
    const { environment, options, print, say } = context;
    const [person, out] = [textOf(options['person']), textOf(options['out'])];
    if (person === undefined || out === undefined) {
      throw new Stop(EXIT.usage, 'Say whose bridge and into which file: make bridge PERSON=p_… OUT=bridge.json');
    }
    demandConfirmable(context);
    demandPlace(out, person);
    const { operator, signer, certificate, master, domain, trustDomain } = await readAuthority(context);
    if (master === undefined || trustDomain === undefined) throw new Stop(EXIT.missing, 'Nothing was issued.');
    await confirm(
      context,
      `KMS signs a certificate for the bridge of ${person} (an alarm tells of every use of that key).`,
    );
    const serverCa = textOf(options['server-ca']);
    const hmacMaster = createSecret(new Uint8Array(Buffer.from(master.reveal(), 'base64url')));
    const issued = await withOperatorStore(operator, (store) =>
      issueBridgeCredentials(
        { store, authority: { certificate, signer }, hmacMaster, clock, random },
        {
          trustDomain,
          environment,
          person,
          days: numberOf(textOf(options['days'])),
          overlapHours: numberOf(textOf(options['overlap'])),
          ...(serverCa !== undefined && { serverCa: readFileSync(serverCa, 'utf8') }),
        },
      ),
    );
    const scopes = (textOf(options['scopes']) ?? 'calendar.read calendar.write').split(/\s+/);
    const { made, next } = await writeBridgeCredentials(issued, {
      path: out,
      person,
      url: `https://mcp.${domain}/mcp`,
      scopes,
    });
    print(made);
    for (const line of next) say(line);
    return EXIT.done;
  },
});
