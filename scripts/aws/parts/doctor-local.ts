import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readLocalFile } from '../../../src/cli/client/local-file.ts';
import { createSecret } from '../../../src/kernel/secret.ts';
import { examineRedis } from './doctor-redis.ts';
import { bad, expiry, type Finding, looked, mind, ok } from './finding.ts';

// This machine: what `make dev` keeps here, and whether it runs.

/** `make dev` renews ten days before the end. */
const SOON_DAYS = 10;
const REQUEST_MS = 3_000;

function examineHome(home: string): readonly Finding[] {
  if (!existsSync(home)) return [mind(`nothing was ever started here (${home})`, 'make dev')];
  const mode = statSync(home).mode & 0o777;
  const rights =
    mode === 0o700
      ? ok(`${home} is its owner’s alone`)
      : bad(`${home} may be read by others (${mode.toString(8)})`, `chmod 700 ${home}`);
  const names = ['client-ca', 'server-ca', 'server', 'agent'];
  const certificates = names.flatMap((name): readonly Finding[] => {
    const file = join(home, `${name}.crt`);
    if (!existsSync(file)) return [];
    const endMs = new X509Certificate(readFileSync(file)).validToDate.getTime();
    return [
      expiry(`the certificate ${file}`, { endMs, soonDays: SOON_DAYS, mend: 'start `make dev` again: it renews it' }),
    ];
  });
  return [rights, ...certificates];
}

async function examineRunning(home: string): Promise<readonly Finding[]> {
  const local = readLocalFile(home);
  if (local === undefined) return [];
  return Promise.all(
    [local.agent.url, local.oauth.url].map(async (url) => {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(REQUEST_MS) }).catch(() => undefined);
      await answer?.arrayBuffer();
      return answer?.status === 200 ? ok(`${url} is healthy`) : mind(`${url} does not answer`, 'make dev');
    }),
  );
}

export async function examineLocally(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const home = environment['SALLYPORT_HOME'] ?? '.sallyport';
  const { REDIS_URL: url, REDIS_CA_FILE: caFile } = environment;
  const ca = caFile === undefined || caFile === '' ? undefined : readFileSync(caFile, 'utf8');
  return [
    ok(`Node ${process.versions.node}`),
    ...(await looked(home, `rm -r ${home} (connections are lost), then make dev`, async () => examineHome(home))),
    ...(await looked('the system here', 'make dev', () => examineRunning(home))),
    ...(url === undefined || url === ''
      ? []
      : await examineRedis({ url: createSecret(url), ca }, 'set REDIS_URL, or start Redis')),
  ];
}
