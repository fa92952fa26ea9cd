import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { type Transport, TransportError } from '../client/transport.ts';
import { demandPrivateRoad } from './plain-proofs.ts';

// Who signs people in for a door, as the door itself says it (RFC 9728): by the address in its challenge, else at the two usual places.

const loginShape = z.looseObject({
  issuer: z.string(),
  client_id: z.string().min(1),
  scopes: z.array(z.string()).min(1),
  resource: z.string().optional(),
  audience: z.string().optional(),
  port: z.int().min(1024).max(65_535).optional(),
});
const documentShape = z.looseObject({
  resource: z.url({ protocol: /^https?$/ }),
  authorization_servers: z.array(z.url({ protocol: /^https?$/ })).default([]),
  scopes_supported: z.array(z.string()).default([]),
  /** Ours only: the client to sign in as. */
  sallyport_logins: z.array(loginShape).default([]),
});
export type DoorMetadata = z.infer<typeof documentShape>;

const MAX_BYTES = 256 * 1024;
const ANSWER_MS = 15_000;

/** One parameter of a `Bearer` challenge (RFC 9110 §11.2), or nothing. */
export function challengeParameter(challenge: string | undefined, name: string): string | undefined {
  const pattern = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",]+))`, 'i');
  const [, quoted, plain] = pattern.exec(challenge ?? '') ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? plain;
}

async function readDocument(transport: Transport, url: URL): Promise<DoorMetadata | undefined> {
  const answer = await transport({
    method: 'GET',
    url,
    headers: { accept: 'application/json' },
    answerMs: ANSWER_MS,
    once: false,
  });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of answer.body) {
    length += piece.length;
    if (length > MAX_BYTES) throw new AppError('upstream_failed', `${url.origin} answers too much.`);
    pieces.push(piece);
  }
  if (answer.status !== 200) return undefined;
  try {
    return documentShape.parse(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  } catch {
    return undefined;
  }
}

function placesOf(door: URL, challenge: string | undefined): readonly URL[] {
  const told = challengeParameter(challenge, 'resource_metadata');
  const usual = [`/.well-known/oauth-protected-resource${door.pathname}`, '/.well-known/oauth-protected-resource'];
  return [
    ...(told !== undefined && URL.canParse(told) ? [new URL(told)] : []),
    ...usual.map((path) => new URL(path, door.origin)),
  ];
}

/** RFC 9728 §3.3: a document that describes another resource would have us hand that one's tokens to this door. */
const describes = (document: DoorMetadata, door: URL): boolean => {
  const resource = new URL(document.resource);
  return resource.origin === door.origin && (resource.pathname === '/' || resource.pathname === door.pathname);
};

export async function readDoorMetadata(
  door: URL,
  challenge: string | undefined,
  transport: Transport,
): Promise<DoorMetadata> {
  for (const place of placesOf(door, challenge)) {
    demandPrivateRoad(place);
    const found = await readDocument(transport, place).catch((cause: unknown) => {
      if (!(cause instanceof TransportError)) throw cause;
      throw new AppError('unavailable', `${place.origin} does not answer.`, { cause });
    });
    if (found !== undefined && describes(found, door)) return found;
  }
  throw new AppError('misconfigured', 'It does not say who signs people in. Set "issuer" and "client_id".');
}
