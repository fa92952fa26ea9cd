import type { DeployedEdges } from '../../support/deployed-edges.ts';
import type { Finding } from '../../support/secret-search.ts';
import {
  allowForTheEmulator,
  changeBundle,
  deploy,
  destroyFoundation,
  liveVersions,
  operate,
  setSecrets,
  writeVariables,
} from './deployment.ts';
import {
  createEvidence,
  type Evidence,
  gatherLogs,
  gatherOutput,
  gatherPlans,
  gatherStates,
  readApplied,
} from './evidence.ts';
import { becomesRefused, becomesServed, type OutageFacts, surviveOutage } from './faults.ts';
import { callAndLookLater, type LongCallFacts } from './long-call.ts';
import { comeByOAuthDoor, type OAuthDoorFacts } from './oauth-door.ts';
import {
  ask,
  askSigned,
  askUnsigned,
  connect,
  conversationsOf,
  deployAndAsk,
  type Enrolled,
  enrol,
  enrolAnother,
  listConversations,
  lookAtConsole,
  MESSAGE_CANARY,
  revoke,
  type SeenConsole,
  streamUrl,
} from './persons.ts';
import { openCaller, type RotationFacts, readCredentials, rotateUnderLoad } from './rotation.ts';
import { ENVIRONMENT, PERSON, REGION, type World } from './world.ts';

// The cycle: from an empty account through a real question, a rotation, an outage, a revocation, a release and its rollback, back to an empty account. Each step
// notes what was found; test/infra/cycle.test.ts says what must have been.

export interface Facts {
  /** Exit codes of `make plan`, right after everything was applied: 0 when nothing would change. */
  readonly secondPlans: Readonly<Record<string, number>>;
  readonly deployed: readonly string[];
  /** Root to the values of all its resources, as `terraform show` tells them. */
  readonly applied: Readonly<Record<'foundation' | 'service', unknown>>;
  readonly mutualTls: readonly { readonly domain: string; readonly truststoreVersion?: string }[];
  readonly doors: readonly string[];
  readonly connected: string;
  readonly question: { readonly code: number; readonly output: string };
  readonly booking: { readonly code: number; readonly output: string };
  readonly signed: {
    readonly url: string;
    readonly code: number;
    readonly output: string;
    /** Of the same request without a signature. */
    readonly unsignedStatus: number;
  };
  /** As the command lists them, and what lies in their table. */
  readonly conversations: {
    readonly code: number;
    readonly titles: readonly string[];
    readonly items: readonly string[];
  };
  readonly console: SeenConsole;
  /** Whom an AWS tool says that it is, what it finds, and what it says of a region that it may not ask. */
  readonly awsTool: { readonly whoAmI: string; readonly here: string; readonly elsewhere: string };
  readonly longCall: LongCallFacts;
  readonly oauthDoor: OAuthDoorFacts;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly rotation: RotationFacts;
  readonly outage: OutageFacts;
  readonly revocation: {
    /** From the end of the command. */
    readonly refusedAfterSeconds?: number;
    readonly refusal?: string;
    readonly servedAfterRenewal: boolean;
  };
  readonly versions: Readonly<Record<'first' | 'second' | 'afterRollback', Readonly<Record<string, string>>>>;
  readonly afterRollback: { readonly code: number; readonly output: string };
  readonly edgeFaults: readonly string[];
  readonly left: readonly string[];
  readonly searched: readonly string[];
  readonly secrets: readonly string[];
  readonly found: readonly Finding[];
  /** What the searched logs hold: an empty one would prove nothing. */
  readonly toolCallsLogged: number;
  readonly requestsLogged: number;
  /** Words of a person's message that are in a log. */
  readonly messageInLogs: boolean;
  /** Whether the search finds a secret where one is meant to be. */
  readonly searchWorks: boolean;
}

export interface CycleContext {
  readonly world: World;
  readonly step: <Value>(title: string, act: () => Promise<Value>) => Promise<Value>;
  readonly say: (text: string) => void;
  readonly facts: { -readonly [Name in keyof Facts]?: Facts[Name] };
}

const CALLS = 300;
/** Slower than that is slower than promised. */
const REVOCATION_LIMIT_MS = 60_000;

const lines = (text: string, pattern: RegExp): readonly string[] =>
  text.split('\n').filter((line) => pattern.test(line));

async function deployAll({ world, step, say, facts }: CycleContext): Promise<DeployedEdges> {
  await step('The foundation, by `make bootstrap`: state, keys, places of secrets, truststore, roles.', async () => {
    await writeVariables(world);
    await allowForTheEmulator(world);
    await operate(world, 'bootstrap');
  });
  await step(
    'Secrets and certificates, by `make secrets` and `make certs`: the authority’s key is a KMS key.',
    async () => {
      await setSecrets(world);
      const { output } = await operate(world, 'certs');
      for (const line of lines(output, /spiffe:|truststore/)) say(line);
    },
  );
  const edges = await step('The service, by `make deploy`, which tries the doors afterwards.', async () => {
    const { ran, edges: opened } = await deploy(world);
    facts.doors = lines(ran.output, /^ {2}(?:ok|WRONG) /).map((line) => line.trim());
    for (const line of facts.doors) say(line);
    return opened;
  });
  facts.deployed = edges.apis.map(({ aliasArn }) => aliasArn);
  facts.mutualTls = edges.apis.flatMap(({ domainName: domain, mutualTls }) =>
    mutualTls === undefined ? [] : [{ domain, truststoreVersion: mutualTls.truststoreVersion }],
  );
  await step('A second plan of both roots.', async () => {
    const plan = async (root: string): Promise<number> => {
      const ran = await world.commands.script('aws/plan', [ENVIRONMENT, '--root', root], { allowed: [0, 2] });
      say(`${root}: ${ran.code === 0 ? 'nothing would change' : ran.output}`);
      return ran.code;
    };
    facts.secondPlans = { foundation: await plan('foundation'), service: await plan('service') };
  });
  return edges;
}

async function converse({ world, step, say, facts }: CycleContext): Promise<Enrolled> {
  const person = await step('A person, enrolled by the operator, connects Google and lets the agent act.', async () => {
    const enrolled = await enrol(world);
    facts.connected = await connect(world, enrolled);
    say(facts.connected);
    return enrolled;
  });
  await step('A question, by the test client: agent and MCP function speak over mutual TLS.', async () => {
    const asked = await ask(world, person, 'Am I free tomorrow at three?');
    facts.question = { code: asked.code, output: asked.output };
    say(asked.output.trim());
  });
  await step('The same question by the command, signed by SigV4, at the Function URL.', async () => {
    const url = await streamUrl(world);
    const asked = await askSigned(world, person, url, 'Am I free tomorrow at three?');
    facts.signed = { url, code: asked.code, output: asked.output, unsignedStatus: await askUnsigned(url) };
    say(asked.output.trim());
  });
  await step('The console, as a browser asks for it.', async () => {
    facts.console = await lookAtConsole();
    say(facts.console.statuses.join(' '));
  });
  await step('An AWS tool says as whom it reads: the role for reads, not the function.', async () => {
    const caller = await openCaller(world, person.id);
    const ask = async (region: string): Promise<string> => {
      const args = { operation: 'ListQueues', region };
      return JSON.stringify(await caller.callTool('sqs_read_operations', args, 'aws.read'));
    };
    const whoAmI = await caller.callTool('sts_read_operations', { operation: 'GetCallerIdentity' }, 'aws.read');
    facts.awsTool = { whoAmI: JSON.stringify(whoAmI), here: await ask(REGION), elsewhere: await ask('ap-south-1') };
    await caller.close();
    say(facts.awsTool.whoAmI);
  });
  await step('A call that is answered later: the door takes it on, the worker does it, its owner looks.', async () => {
    facts.longCall = await callAndLookLater(world, person.id, await enrolAnother(world));
    say(`${facts.longCall.seen.join(' → ')}: ${facts.longCall.result}`);
  });
  await step('A client signs its person in: the OAuth door, with an issuer’s token.', async () => {
    facts.oauthDoor = await comeByOAuthDoor(world, world.issuer, person);
    say(`${facts.oauthDoor.challenge.status}, then ${facts.oauthDoor.tools.join(', ')}`);
  });
  await step('A booking, which the person approves.', async () => {
    const asked = await ask(world, person, `Book "${MESSAGE_CANARY}" tomorrow from 3pm to 4pm.`, '--yes');
    facts.booking = { code: asked.code, output: asked.output };
    facts.events = world.google.events(PERSON.email);
    say(asked.output.trim());
  });
  await step('What was said lies in the table of conversations, and its owner lists it.', async () => {
    const ran = await listConversations(world, person);
    const listed = ran.code === 0 ? (JSON.parse(ran.stdout) as readonly { readonly title: string }[]) : [];
    const titles = listed.map(({ title }) => title);
    facts.conversations = { code: ran.code, titles, items: await conversationsOf(world, person.id) };
    say(`${titles.length} conversations listed`);
  });
  return person;
}

async function sufferFaults({ world, step, say, facts }: CycleContext, person: Enrolled): Promise<void> {
  const caller = await openCaller(world, person.id);
  await step('Redis dies while requests come.', async () => {
    await caller.call();
    const outage = await surviveOutage(world, caller, person.agentToken);
    facts.outage = outage;
    const after = outage.servedAgain ? 'with Redis back, calls are served' : 'and it stays so';
    say(`the Agent API answers ${outage.status}; ${after}`);
  });
  await step('The agent’s certificate is revoked, by `make revoke`; it gets a new one, by `make rotate`.', async () => {
    const { serial } = await readCredentials(world);
    // Calls go on meanwhile, so that every instance has a fresh list when the certificate gets on it.
    const started = performance.now();
    const refusal = becomesRefused(caller, REVOCATION_LIMIT_MS);
    await revoke(world, serial);
    const revokedAfter = (performance.now() - started) / 1000;
    const refused = await refusal;
    const seconds = refused === undefined ? undefined : Math.max(0, refused.seconds - revokedAfter);
    say(seconds === undefined ? 'it is still served' : `refused after ${seconds.toFixed(1)} s, on an open connection`);
    await operate(world, 'rotate', '--renew');
    await readCredentials(world);
    // An agent that starts now reads its new credentials; one that runs does within five minutes.
    const renewed = await openCaller(world, person.id);
    facts.revocation = {
      ...(seconds === undefined ? {} : { refusedAfterSeconds: seconds }),
      ...(refused === undefined ? {} : { refusal: refused.outcome }),
      servedAfterRenewal: await becomesServed(renewed, 15_000),
    };
    await renewed.close();
  });
  await caller.close();
}

async function rotate({ world, step, say, facts }: CycleContext, person: Enrolled): Promise<void> {
  await step(`${CALLS} calls while the certificate and the signing key are replaced.`, async () => {
    const caller = await openCaller(world, person.id);
    const rotation = await rotateUnderLoad(world, caller, CALLS);
    await caller.close();
    facts.rotation = rotation;
    say(`${rotation.calls} calls, ${rotation.refused.length} refused, in ${rotation.minutes} minutes of that day`);
    say(`${rotation.before.keyId} became ${rotation.after.keyId}: ${rotation.steps.join(', ')}`);
  });
}

async function releaseAndGoBack({ world, step, say, facts }: CycleContext, person: Enrolled): Promise<void> {
  await step('A new release, by `make deploy`, which asks a question; then back, by `make rollback`.', async () => {
    const first = await liveVersions(world);
    await changeBundle(world);
    await deployAndAsk(world, person);
    const second = await liveVersions(world);
    await operate(world, 'rollback');
    const afterRollback = await liveVersions(world);
    facts.versions = { first, second, afterRollback };
    const asked = await ask(world, person, 'Am I free tomorrow at five?');
    facts.afterRollback = { code: asked.code, output: asked.output };
    say(`live: ${JSON.stringify(first)} → ${JSON.stringify(second)} → ${JSON.stringify(afterRollback)}`);
    say(asked.output.trim());
  });
}

async function destroyAll(
  { world, step, say, facts }: CycleContext,
  edges: DeployedEdges,
  evidence: Evidence,
): Promise<void> {
  await step(
    'What was left behind is gathered; then the service goes, by `make destroy`, and the foundation.',
    async () => {
      facts.edgeFaults = edges.faults;
      await edges.close();
      await gatherLogs(world, evidence);
      await gatherPlans(world, evidence);
      facts.applied = {
        foundation: await readApplied(world, 'foundation'),
        service: await readApplied(world, 'service'),
      };
      await operate(world, 'destroy');
      await gatherStates(world, evidence);
      await destroyFoundation(world);
      facts.left = (await world.account('list')).split('\n');
      say(`still there: ${facts.left.join(', ')}`);
    },
  );
}

async function searchAll({ world, step, say, facts }: CycleContext, evidence: Evidence): Promise<void> {
  await step('Everything is searched for every secret.', async () => {
    gatherOutput(world, evidence);
    facts.searched = evidence.places;
    facts.secrets = world.secrets.names;
    facts.found = evidence.search();
    facts.toolCallsLogged = evidence.text('log /aws/lambda/').split('"event":"tool_call"').length - 1;
    facts.requestsLogged = evidence.text('log /aws/vendedlogs/').split('"request_id"').length - 1;
    facts.messageInLogs = evidence.text('log ').includes(MESSAGE_CANARY);
    const [first = ''] = Object.values(world.given);
    facts.searchWorks = world.secrets.find('control', JSON.stringify({ value: first })).length > 0;
    say(`${facts.secrets.length} secrets in ${facts.searched.length} places: ${facts.found.length} found`);
    for (const { secret, place } of facts.found) say(`FOUND: ${secret} in ${place}`);
  });
}

export async function runCycle(context: CycleContext): Promise<void> {
  const { world } = context;
  const evidence = createEvidence(world);
  const edges = await deployAll(context);
  const person = await converse(context);
  await readCredentials(world);
  await sufferFaults(context, person);
  await rotate(context, person);
  await releaseAndGoBack(context, person);
  await destroyAll(context, edges, evidence);
  await searchAll(context, evidence);
}
