import { AGENT_PATTERN } from './grant.ts';
import { PERSON_PATTERN } from './person.ts';

// The identity in a client certificate: `spiffe://<trust domain>/<environment>/agent/<name>` or `…/bridge/<person>`
// (https://spiffe.io, SPIFFE-ID §2). Inside the system an agent is named by the path behind the environment: `agent/assistant`.

export interface SpiffeId {
  readonly text: string;
  readonly trustDomain: string;
  readonly environment: string;
  /** `agent/<name>` or `bridge/<person>`. */
  readonly agent: string;
  /** The one person whom a bridge certificate may name. */
  readonly bridgePerson?: string;
}

/** SPIFFE-ID §2.1 and §2.2: no port, no user info, no query, no percent-encoding. */
const SPIFFE_PATTERN =
  /^spiffe:\/\/([a-z0-9][a-z0-9._-]{0,254})\/([a-z][a-z0-9-]{0,31})\/((?:agent|bridge)\/[A-Za-z0-9_-]+)$/;

export function parseSpiffeId(text: string): SpiffeId | undefined {
  const [, trustDomain, environment, agent] = SPIFFE_PATTERN.exec(text) ?? [];
  if (trustDomain === undefined || environment === undefined || agent === undefined) return undefined;
  if (!AGENT_PATTERN.test(agent)) return undefined;
  const person = agent.startsWith('bridge/') ? agent.slice('bridge/'.length) : undefined;
  const id = { text, trustDomain, environment, agent };
  return person !== undefined && PERSON_PATTERN.test(person) ? { ...id, bridgePerson: person } : id;
}

export function formatSpiffeId(parts: Pick<SpiffeId, 'trustDomain' | 'environment' | 'agent'>): string {
  return `spiffe://${parts.trustDomain}/${parts.environment}/${parts.agent}`;
}
