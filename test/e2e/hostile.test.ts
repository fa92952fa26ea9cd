import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFileSigner, generateSignerKey } from '../../src/adapters/embedded/file-signer.ts';
import {
  createAuthorityCertificate,
  type EndCertificateRequest,
  issueCertificate,
} from '../../src/certificates/issue.ts';
import { createTestCertificate } from '../support/certificates.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createOutsideAgent, type OutsideAgent, toolCall } from '../support/outside-agent.ts';
import { hostileAttempts, type World } from './hostile-attempts.ts';

// The agent door, attacked over real TLS by an agent that signs by itself. Each attempt is wrong in one thing only.

const DAY_MS = 86_400_000;
const OWN = 'spiffe://sallyport.local/local/agent/assistant';
const now = (): Date => new Date();
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

let test: TestMachine;
let agent: OutsideAgent;
let other: OutsideAgent;
let leaving: OutsideAgent;
let leavingCertificate: string;
let world: World;

type Names = EndCertificateRequest['names'];

async function issue(
  names: Names,
  validity = { notBefore: inDays(-1), notAfter: inDays(1) },
  kind: 'client' | 'server' = 'client',
) {
  return issueCertificate(test.machine.pki.clientCa, {
    kind,
    subject: 'CN=hostile',
    names,
    validity,
    random: randomBytes(16),
  });
}

/** A certificate of an authority that nobody trusts, for our own identity. */
async function issueForeign() {
  const signer = createFileSigner(generateSignerKey());
  const validity = { notBefore: inDays(-1), notAfter: inDays(1) };
  const certificate = await createAuthorityCertificate(signer, {
    name: 'CN=Foreign',
    validity,
    random: randomBytes(16),
  });
  return issueCertificate(
    { certificate, signer },
    { kind: 'client', subject: 'CN=x', names: [{ type: 'url', value: OWN }], validity, random: randomBytes(16) },
  );
}

async function createWorld(): Promise<World> {
  const url = (value: string) => [{ type: 'url', value }] as const;
  const { mcp, person } = test.machine.access;
  const revoked = await issue(url(OWN));
  await test.operator.revokeCertificate(revoked.certificate);
  const otherAgent = await test.addAgent('agent/other');
  const stranger = await test.operator.addPerson('Stranger');
  const own = { certificate: readFileSync(mcp.cert, 'utf8'), privateKey: readFileSync(mcp.key, 'utf8') };
  const unused = await createTestCertificate({ usages: [], authority: await test.clientAuthority() });
  return {
    person,
    otherPerson: stranger.person,
    url: mcp.url,
    otherAgent: {
      certificate: otherAgent.certificate,
      privateKey: otherAgent.private_key,
      secret: otherAgent.secret,
      keyId: otherAgent.key_id,
    },
    certificates: {
      own,
      revoked,
      foreign: await issueForeign(),
      expired: await issue(url(OWN), { notBefore: inDays(-2), notAfter: inDays(-1) }),
      early: await issue(url(OWN), { notBefore: inDays(1), notAfter: inDays(2) }),
      server: await issue(url(OWN), undefined, 'server'),
      otherDomain: await issue(url('spiffe://evil.example/local/agent/assistant')),
      otherEnvironment: await issue(url('spiffe://sallyport.local/prod/agent/assistant')),
      twoNames: await issue([...url(OWN), ...url('spiffe://sallyport.local/local/agent/other')]),
      unused: { certificate: unused.pem, privateKey: unused.keyPem },
      host: await issue([{ type: 'dns', value: 'agent.example' }]),
      otherAgent: { certificate: otherAgent.certificate, privateKey: otherAgent.private_key },
    },
  };
}

beforeAll(async () => {
  test = await startTestMachine();
  await test.connect();
  world = await createWorld();
  const { mcp } = test.machine.access;
  const target = { url: mcp.url, ca: readFileSync(mcp.ca, 'utf8') };
  const own = world.certificates['own'];
  if (own === undefined) throw new Error('no certificate of our own');
  agent = createOutsideAgent({ ...own, keyId: mcp.key_id, secret: mcp.secret }, target);
  other = createOutsideAgent(world.otherAgent, target);
  const credentials = await test.addAgent('agent/leaving');
  leavingCertificate = credentials.certificate;
  leaving = createOutsideAgent(
    {
      certificate: credentials.certificate,
      privateKey: credentials.private_key,
      keyId: credentials.key_id,
      secret: credentials.secret,
    },
    target,
  );
  await test.grant('agent/leaving', world.person);
});
afterAll(() => test.close());

async function countNonces(): Promise<number> {
  return (await test.machine.store.list('nonce:', { limit: 10_000 })).keys.length;
}

const tomorrow = {
  timeMin: new Date(Date.now() + DAY_MS).toISOString(),
  timeMax: new Date(Date.now() + 2 * DAY_MS).toISOString(),
};
const question = { body: toolCall('freebusy', tomorrow) };

describe('the agent door', () => {
  it('lets a correctly signed call through', async () => {
    const answer = await agent.send(world.person, question);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ result: { structuredContent: { busy: [] } } });
    expect(test.lines('tool_call').at(-1)).toMatchObject({
      agent: 'agent/assistant',
      person: world.person,
      tool: 'freebusy',
      outcome: 'completed',
    });
  });

  it('is tried in more than sixty ways', () => {
    expect(hostileAttempts.length).toBeGreaterThan(60);
    expect(new Set(hostileAttempts.map(({ name }) => name)).size).toBe(hostileAttempts.length);
  });

  it.each(hostileAttempts)('refuses $name', async ({ attempt, status, reason, forger }) => {
    const toolsBefore = test.lines('tool_call').length;
    const noncesBefore = await countNonces();
    const refusedBefore = test.lines('door.refused').length;
    const answer = await agent.send(world.person, { ...question, ...attempt(world) });
    expect(answer.status).toBe(status);
    expect(test.lines('tool_call').length).toBe(toolsBefore);
    if (forger) expect(await countNonces()).toBe(noncesBefore);
    const refusals = test.lines('door.refused').slice(refusedBefore);
    if (status === 401 || status === 403) expect(refusals.length).toBe(1);
    if (reason !== undefined) expect(refusals[0]).toMatchObject({ reason });
    // Outside, one refusal looks like the other: nothing says which check failed.
    if (status === 401)
      expect(answer.text).not.toMatch(/nonce|signature|certificate|digest|delegation|hmac|expired|key/i);
  });

  it('refuses a request that is sent a second time', async () => {
    const wire = await agent.prepare(world.person, question);
    expect((await agent.deliver(wire)).status).toBe(200);
    expect((await agent.deliver(wire)).status).toBe(401);
    expect(test.lines('door.refused').at(-1)).toMatchObject({ reason: 'nonce_replayed' });
  });

  it('accepts exactly one of fifty copies that arrive at once', async () => {
    const wire = await agent.prepare(world.person, question);
    const answers = await Promise.all(Array.from({ length: 50 }, () => agent.deliver(wire)));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    expect(answers.filter(({ status }) => status === 401).length).toBe(49);
  });

  it('does not let a forger burn the nonce of an honest agent', async () => {
    const wire = await agent.prepare(world.person, question);
    const forged = { ...wire, headers: { ...wire.headers, signature: `sig1=:${randomBytes(32).toString('base64')}:` } };
    expect((await agent.deliver(forged)).status).toBe(401);
    expect((await agent.deliver(wire)).status).toBe(200);
  });

  it('refuses another agent that the person has granted nothing', async () => {
    const answer = await other.send(world.person, question);
    expect(answer.status).toBe(403);
    expect(test.lines('door.refused').at(-1)).toMatchObject({ agent: 'agent/other' });
  });

  it('holds a call to the scopes of its delegation', async () => {
    const body = toolCall('createevent', { summary: 'x', start: '2027-01-01', end: '2027-01-02' });
    const answer = await agent.send(world.person, { body, claims: { scope: 'calendar.read' } });
    expect(answer.text).toMatch(/scope/i);
    expect(test.lines('tool_call').at(-1)?.['outcome']).not.toBe('completed');
    expect((await agent.send(world.person, { ...question, claims: { scope: 'mail.read' } })).text).not.toContain(
      '"busy"',
    );
  });

  it('goes on refusing after a certificate was revoked, though its delegation was remembered', async () => {
    expect((await leaving.send(world.person, question)).status).toBe(200);
    await test.operator.revokeCertificate(leavingCertificate);
    const deadline = now().getTime() + 60_000;
    let status = 200;
    while (status === 200 && Date.now() < deadline) status = (await leaving.send(world.person, question)).status;
    expect(status).toBe(401);
    expect(test.lines('door.refused').at(-1)).toMatchObject({ reason: 'certificate_revoked' });
  }, 70_000);

  it('cannot be made to cancel another caller’s call', async () => {
    const slow = test.machine.google.faults;
    slow.next({ match: { pathIncludes: 'freeBusy' }, delayMs: 600 });
    const honest = agent.send(world.person, question);
    const cancel = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => agent.send(world.person, { body: cancel })));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect((await honest).status).toBe(200);
    expect((await honest).text).toContain('"busy"');
  });
});
