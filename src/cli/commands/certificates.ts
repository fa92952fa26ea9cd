import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { type CliContext, homeOf } from '../context.ts';
import { withExamples } from '../examples.ts';
import { asOperator } from '../operator-session.ts';

// `sallyport certificate …`: certificates that are no longer believed, though they have not ended.

interface RevokeOptions {
  readonly serial?: string;
  readonly issuer?: string;
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

export function addCertificateCommands(program: Command, context: CliContext): void {
  const certificate = program.command('certificate').description('revoke client certificates (operator)');
  withExamples(
    certificate
      .command('revoke [pem-file]')
      .description('every door refuses the certificate within 60 seconds')
      .option('--serial <hex>', 'in place of a file: the serial number, as logs have it')
      .option('--issuer <name>', 'the authority’s name, such as "CN=Sallyport dev client CA"; default this machine’s')
      .action(async (file: string | undefined, options: RevokeOptions, command: Command) => {
        const { serial } = options;
        if ((file === undefined) === (serial === undefined)) {
          throw new AppError('invalid_request', 'Name a PEM file or a --serial.');
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
