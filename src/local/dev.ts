import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectGoogle } from '../cli/client/connect.ts';
import { LOCAL_FILE } from '../cli/client/local-file.ts';
import { STORE_FILE } from '../cli/context.ts';
import { AppError } from '../kernel/app-error.ts';
import { createHeadlessPerson } from './headless-person.ts';
import { openHome } from './home.ts';
import { type Machine, startMachine } from './machine.ts';

// `make dev`: the whole system on this machine until Ctrl-C, its person connected, and `.sallyport/local.json` for any client.

const DEFAULT_PORT_BASE = 8400;

function portBase(text: string | undefined): number {
  const base = text === undefined || text === '' ? DEFAULT_PORT_BASE : Number(text);
  if (Number.isInteger(base) && base >= 1024 && base <= 65_000) return base;
  throw new AppError('misconfigured', 'SALLYPORT_PORT_BASE is a whole number from 1024 to 65000.');
}

async function connectPerson(machine: Machine): Promise<void> {
  const browser = createHeadlessPerson({
    account: machine.person.email,
    googleOrigin: new URL(machine.google.url).origin,
  });
  const { oauth } = machine.access;
  const outcome = await connectGoogle({ oauth, open: async (url) => void (await browser.visit(url)) });
  if (outcome.status !== 'connected')
    throw new AppError('upstream_failed', `Google was not connected: ${outcome.message}`);
}

function describe(machine: Machine, home: string): string {
  const { access, person } = machine;
  return `Sallyport runs on this machine. ${person.name} (${person.email}) is connected to the stand-in Google.

  Agent API   ${access.agent.url}
  MCP API     ${access.mcp.url}   (mutual TLS and signature)
  OAuth API   ${access.oauth.url}
  Google      ${access.google.url}
  key door    ${access.key_door.url}
  OAuth door  ${access.oauth_door.url}   (clients sign their person in)

  npx sallyport console
  make client Q="am I free tomorrow at three?"
  npx sallyport ask "book an hour with Ana tomorrow at three"

Addresses, tokens and keys for any client: ${join(home, LOCAL_FILE)}
Logs go to ${join(home, 'dev.log')}. Ctrl-C ends it.`;
}

async function main(): Promise<void> {
  const environment = process.env;
  const folder = environment['SALLYPORT_HOME'] ?? '.sallyport';
  const home = openHome(folder);
  const { createWriteStream } = await import('node:fs');
  const logFile = createWriteStream(home.path('dev.log'), { flags: 'a', mode: 0o600 });
  let told = false;
  const machine: Machine = await startMachine({
    home,
    given: environment,
    portBase: portBase(environment['SALLYPORT_PORT_BASE']),
    storeFile: home.path(STORE_FILE),
    googleStateFile: home.path('google.json'),
    writeLog: (line) => void logFile.write(`${line}\n`),
    onAccessChange: () => told && tell(),
  });
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    told = false;
    rmSync(home.path(LOCAL_FILE), { force: true });
    await machine.close();
    logFile.end();
  };
  const tell = (): void => home.write(LOCAL_FILE, `${JSON.stringify(machine.access, null, 2)}\n`);
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
  await connectPerson(machine);
  tell();
  told = true;
  console.log(describe(machine, folder));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}
