import type { Command } from 'commander';
import { AppError } from '../../kernel/app-error.ts';
import { asOperator, type CliContext } from '../context.ts';

// `sallyport certificate …`: certificates that are no longer believed, though they have not ended.

export function addCertificateCommands(program: Command, context: CliContext): void {
  const certificate = program.command('certificate').description('revoke client certificates (operator)');
  certificate
    .command('revoke <pem-file>')
    .description('every door refuses the certificate within 60 seconds')
    .action(async (file: string, _options: unknown, command: Command) => {
      await asOperator(context, command, async ({ operator }) => {
        const { readFile } = await import('node:fs/promises');
        const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
          throw new AppError('invalid_request', `The file ${file} cannot be read.`, { cause });
        });
        const revoked = await operator.revokeCertificate(pem);
        context.print(`revoked ${revoked.serial} of ${revoked.issuer}`);
      });
    });
  certificate
    .command('revoked')
    .description('list revoked certificates')
    .action(async (_options: unknown, command: Command) => {
      await asOperator(context, command, async ({ operator }) => {
        for (const entry of await operator.listRevoked()) context.print(`${entry.serial}  ${entry.issuer}`);
      });
    });
}
