import { bad, type Finding, mind, ok } from '../finding.ts';
import { explainFault } from './door-answers.ts';
import { connectDoor } from './door-connection.ts';
import type { DoorOptions } from './door-options.ts';

// A look at each server that the bridge leads to: is it there, does it believe the proof, which revision does it speak, how many tools does this
// person have. It calls no tool and sends nobody to a browser.

const PATIENCE_MS = 3_000;
const ANSWER_MS = 15_000;
const DAY_MS = 86_400_000;
const SOON_DAYS = 7;

const silent = { info() {}, warn() {}, error() {}, metric() {}, child: () => silent };

const MENDS: Readonly<Record<string, (door: DoorOptions) => string>> = {
  unauthenticated: ({ name, auth }) =>
    auth.kind === 'oauth'
      ? `sallyport bridge sign-in ${name}`
      : 'ask your operator for a new token or certificate, and look at "auth" in bridge.json',
  forbidden: ({ auth }) =>
    auth.kind === 'certificate' && auth.person === undefined
      ? `sallyport allow bridge --scopes "${auth.scopes.join(' ')}"`
      : 'sallyport connect google, or allow it at the OAuth API’s page of permissions',
  misconfigured: () => 'mend it in bridge.json (docs/bridge.md)',
};
const USUAL_MEND = 'check the address, the network and HTTPS_PROXY; ask your operator: make doctor';

async function certificateFindings({ name, auth }: DoorOptions): Promise<readonly Finding[]> {
  if (auth.kind !== 'certificate') return [];
  const { parseCredentials } = await import('../../trust/credentials.ts');
  const { certificate } = parseCredentials(await auth.document());
  const days = Math.floor((certificate.notAfterMs - Date.now()) / DAY_MS);
  const what = `The certificate for "${name}" is ${certificate.spiffeId.agent}’s and good for ${days} more days`;
  return [days < SOON_DAYS ? mind(what, 'ask your operator for a new one (sallyport certificate bridge)') : ok(what)];
}

export async function examineDoor(
  door: DoorOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(ANSWER_MS + PATIENCE_MS);
  try {
    const certificate = await certificateFindings(door);
    const options = { ...door, patienceMs: PATIENCE_MS, timeoutMs: ANSWER_MS };
    const setting = { environment, log: silent, signal, mayAskPerson: false, showAddress: async () => {} };
    const connection = await connectDoor(options, setting);
    try {
      const startedMs = performance.now();
      const tools = await connection.listTools(signal);
      const { revision } = await connection.identify(signal);
      const took = Math.round(performance.now() - startedMs);
      const what = `The MCP server "${door.name}" (${door.auth.kind}) answers in ${took} ms, revision ${revision}`;
      const count = `${tools.length} tool${tools.length === 1 ? '' : 's'}`;
      return [
        ...certificate,
        tools.length === 0
          ? mind(`${what}, with no tool for you`, 'ask your operator for more scopes')
          : ok(`${what}: ${count}`),
      ];
    } finally {
      await connection.close();
    }
  } catch (error) {
    const { code, message } = explainFault(error, door.name);
    return [bad(message, MENDS[code]?.(door) ?? USUAL_MEND)];
  }
}
