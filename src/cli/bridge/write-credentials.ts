import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createCredentialsFile } from '../../adapters/embedded/credentials-file.ts';
import type { BridgeCredentials } from '../../certificates/bridge-credentials.ts';
import { AppError } from '../../kernel/app-error.ts';
import { parseCredentials } from '../../trust/credentials.ts';

// The file that an operator hands to a person: the credentials of that person's own bridge, readable by its owner alone. It takes the place of an older
// one of the same bridge and of nothing else.

function bridgeIn(text: string): string | undefined {
  try {
    return parseCredentials(text).certificate.spiffeId.bridgePerson;
  } catch {
    return undefined;
  }
}

/** Throws AppError `conflict` where something else lies. Asked before anything is issued. */
export function demandPlace(path: string, person: string): void {
  if (!existsSync(path) || bridgeIn(readFileSync(path, 'utf8')) === person) return;
  throw new AppError(
    'conflict',
    `${path} is there, and holds no credentials of ${person}’s bridge. Name another --out.`,
  );
}

/** Answers what to tell: what was made, and what the person does with it. Never anything of the document's secrets. */
export async function writeBridgeCredentials(
  { text, credentials }: BridgeCredentials,
  place: { readonly path: string; readonly person: string; readonly url: string; readonly scopes: readonly string[] },
): Promise<{ readonly made: string; readonly next: readonly string[] }> {
  const path = resolve(place.path);
  await createCredentialsFile(path).write(text);
  const { notAfterMs, serial } = credentials.certificate;
  const until = new Date(notAfterMs).toISOString().slice(0, 10);
  const auth = { kind: 'certificate', credentials: path, scopes: place.scopes };
  const servers = { mcpServers: { sallyport: { url: place.url, auth } } };
  return {
    made: `${path}: the bridge of ${place.person}, key ${credentials.keyId}, certificate ${serial} until ${until}`,
    next: [
      'Hand it over by a way that nobody else reads: whoever has it is that bridge. Its owner writes into ~/.config/sallyport/bridge.json:',
      JSON.stringify(servers, null, 2),
      `and lets it act: sallyport allow bridge --scopes "${place.scopes.join(' ')}"`,
    ],
  };
}
