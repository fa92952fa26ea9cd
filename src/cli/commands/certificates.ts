import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { readLocalFile } from '../client/local-file.ts';
import { type CliContext, homeOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import { asOperator } from '../operator-session.ts';

// `sallyport certificate …`: what a person's bridge proves itself by, and certificates that are no longer believed, though they have not ended.

interface RevokeOptions {
  readonly serial?: string;
  readonly issuer?: string;
}

interface BridgeOptions {
  readonly person: string;
  readonly out: string;
  readonly scopes: string;
  readonly days?: string;
  readonly overlap?: string;
}

async function readPem(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid_request', `The file ${file} cannot be read.`, { cause });
  });
}

/** The name of the authority that issues this machine's client certificates. */
async function localAuthority(command: Command): Promise<string> {
  const file = join(homeOf(command), 'client-ca.crt');
  if (!existsSync(file)) throw new AppError('invalid_request', 'Say which authority issued it: --issuer "CN=…".');
  return new X509Certificate(await readPem(file)).subject;
}

/** With this machine's authority; `make bridge` does the same with the one in KMS. */
async function issueBridge(context: CliContext, options: BridgeOptions, command: Command): Promise<void> {
  const { person, out, days, overlap } = options;
  const home = homeOf(command);
  const url = readLocalFile(home)?.mcp.url;
  if (url === undefined) {
    const mend = 'Run `make dev` first. For a system on AWS: make bridge ENV=… PERSON=… OUT=…';
    throw new AppError('misconfigured', `${home} holds no running system whose authority could sign. ${mend}`);
  }
  const [{ demandPlace, writeBridgeCredentials }, { issueLocalBridge }] = await Promise.all([
    import('../bridge/write-credentials.ts'),
    import('../../local/issue-bridge.ts'),
  ]);
  demandPlace(out, person);
  await asOperator(context, command, async ({ store }) => {
    const issued = await issueLocalBridge(home, store, {
      person,
      ...(days !== undefined && { days: Number(days) }),
      ...(overlap !== undefined && { overlapHours: Number(overlap) }),
    });
    const scopes = options.scopes.split(' ').filter((scope) => scope !== '');
    const { made, next } = await writeBridgeCredentials(issued, { path: out, person, url, scopes });
    context.print(made);
    for (const line of next) context.warn(line);
  });
}

function addBridgeIssuing(certificate: Command, context: CliContext): void {
  withExamples(
    certificate
      .command('bridge')
      .description('issue what a person’s own bridge proves itself by at the agent door')
      .requiredOption('--person <person>', 'whose bridge it is (`sallyport person list`)')
      .requiredOption('--out <file>', 'where the credentials go; an older file of the same bridge is replaced')
      .option('--scopes <scopes>', 'what the bridge shall ask for', 'calendar.read calendar.write')
      .option('--days <days>', 'how long the certificate lasts, 90 at most; default 30')
      .option('--overlap <hours>', 'how long the key of before works; 0 where somebody else may have it; default 24')
      .action((options: BridgeOptions, command: Command) => issueBridge(context, options, command)),
    'certificate bridge --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --out bridge-credentials.json',
  );
}

export function addCertificateCommands(program: Command, context: CliContext): void {
  const certificate = program.command('certificate').description('issue and revoke client certificates (operator)');
  addBridgeIssuing(certificate, context);
  withExamples(
    certificate
      .command('revoke [pem-file]')
      .description('every door refuses the certificate within 60 seconds')
      .option('--serial <hex>', 'in place of a file: the serial number, as logs have it')
      .option('--issuer <name>', 'the authority’s name, such as "CN=Sallyport dev client CA"; default this machine’s')
      .action(async (file: string | undefined, options: RevokeOptions, command: Command) => {
        const { serial } = options;
        if ((file === undefined) === (serial === undefined)) {
          throw new UsageError('Name a PEM file or a --serial.');
        }
        await asOperator(context, command, async ({ operator }) => {
          const revoked =
            file === undefined
              ? await operator.revokeSerial(options.issuer ?? (await localAuthority(command)), serial ?? '')
              : await operator.revokeCertificate(await readPem(file));
          context.print(`revoked ${revoked.serial} of ${revoked.issuer}`);
        });
      }),
    'certificate revoke --serial 4f3a11 --issuer "CN=Sallyport dev client CA"',
  );
  withExamples(
    certificate
      .command('revoked')
      .description('list revoked certificates')
      .action(async (_options: unknown, command: Command) => {
        await asOperator(context, command, async ({ operator }) => {
          for (const entry of await operator.listRevoked()) context.print(`${entry.serial}  ${entry.issuer}`);
        });
      }),
    'certificate revoked',
  );
}
