import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isIssuedBy } from '../../src/certificates/agent-credentials.ts';
import { readTruststore } from '../../src/certificates/truststore.ts';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { TEST_CREDENTIALS, TEST_REGION } from '../support/aws-emulator.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { createOperatorCheckout, type OperatorCheckout, type RunOptions } from '../support/operator-checkout.ts';
import { hasPython, PYTHON_INSTALL_MS } from '../support/python.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { hasTerraform } from '../support/terraform.ts';
import { createOperatorAccount, type OperatorAccount } from './scripts/account.ts';
import { DEPLOYED_MEANWHILE, type Doors, SMALL_SERVICE, startDoors } from './scripts/small-service.ts';

// The operator's commands as a person runs them, against an emulated account: what they refuse before anything is changed, what survives
// Ctrl-C, and that no secret is ever said. One story, in order; the whole service is deployed by the cycle's test.

const available = hasPython('the operator’s commands') && hasTerraform('the operator’s commands') && hasRedisServer();
const describeHere = available ? describe : describe.skip;

const CHANGING = ['bootstrap', 'secrets', 'certs', 'deploy', 'rollback', 'destroy', 'rotate', 'bridge'] as const;
const CANARIES = {
  'google-client-secret': 'GOCSPX-CANARYgoogleSecret01',
  'openai-api-key': 'sk-CANARYmodelKey0123456789',
} as const;
const VALUES = `domain           = "dev.sallyport.test"
zone_id          = "Z0123456789EXAMPLE"
google_client_id = "1234-test.apps.googleusercontent.com"
model            = "openai:gpt-test"
store            = "redis"
`;

const NO_LIFECYCLE = 'resource "aws_s3_bucket_lifecycle_configuration" "this" {\n  count = 0\n}\n';
const STATE_BUCKET = 'sallyport-dev-state-000000000000';
const FOUNDATION = 'key_deletion_days = 7\n';

let ministack: Ministack;
let redis: RedisServer;
let doors: Doors;
let checkout: OperatorCheckout;
let account: OperatorAccount;

const run = (name: string, args: readonly string[] = [], options: RunOptions = {}) =>
  checkout.run(name, ['dev', '--yes', ...args], options);
const redisUrls = () =>
  Object.fromEntries(
    ['agent', 'calls', 'mcp', 'oauth', 'rotate', 'worker', 'operator'].map((user) => [
      `redis-url/${user}`,
      `rediss://default:CANARY-${user}-password@localhost:${redis.port}/0`,
    ]),
  );
const certificateOf = (document: string): string => parseCredentials(document).document.certificate;
const assignments = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

beforeAll(async () => {
  if (!available) return;
  redis = await startRedisServer({ args: ['--requirepass', 'CANARY-operator-password', '--appendonly', 'yes'] });
  ministack = await startMinistack();
  doors = await startDoors();
  account = createOperatorAccount({ endpoint: ministack.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  checkout = await createOperatorCheckout({ ...ministack.environment, ...doors.environment });
  await checkout.write('redis-ca.pem', redis.ca);
  await checkout.write('terraform/environments/dev.foundation.tfvars', FOUNDATION);
  // The provider waits a minute for each of these, which mean nothing to the emulator.
  await checkout.write('terraform/modules/bucket/emulator_override.tf', NO_LIFECYCLE);
}, PYTHON_INSTALL_MS);

afterAll(async () => {
  await checkout?.dispose();
  await doors?.stop();
  await ministack?.stop();
  await redis?.stop();
});

describeHere('an operator’s command', () => {
  it('explains itself and its exit codes', async () => {
    for (const name of [...CHANGING, 'plan', 'revoke', 'logs', 'operator', 'doctor']) {
      const { code, stdout } = await checkout.run(name, ['--help']);
      expect([name, code]).toEqual([name, 0]);
      expect(stdout).toContain('Exit codes: 0 done');
    }
  }, 120_000);

  it('refuses an environment that is not there, and options that are not its own', async () => {
    expect(await checkout.run('deploy', ['production'])).toMatchObject({ code: 64 });
    expect(await checkout.run('deploy', ['dev', '--force'])).toMatchObject({ code: 64 });
    expect(await checkout.run('deploy', [])).toMatchObject({ code: 64 });
  });

  it('takes no yes for prod but its name, where nobody can type it', async () => {
    const before = await account.names();
    const needed: Readonly<Record<string, readonly string[]>> = {
      secrets: ['--from-fd', '3'],
      bridge: ['--person', 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV', '--out', 'bridge.json'],
    };
    for (const name of CHANGING) {
      const input = needed[name] ?? [];
      for (const env of [{}, { CONFIRM: 'dev' }, { CONFIRM: 'yes' }]) {
        const { code, stderr } = await checkout.run(name, ['prod', '--yes', ...input], { env, input: '' });
        expect([name, env, code]).toEqual([name, env, 4]);
        expect(stderr).toContain('CONFIRM=prod');
      }
    }
    expect(await account.names()).toEqual(before);
  }, 180_000);

  it('asks for a yes elsewhere too', async () => {
    expect(await checkout.run('deploy', ['dev'])).toMatchObject({ code: 4 });
    expect(await checkout.run('bootstrap', ['dev'])).toMatchObject({ code: 4 });
  });
});

describeHere('prod at a terminal', () => {
  it('wants its name typed: a yes is not enough', async () => {
    const answer = (text: string) =>
      checkout.runAtTerminal('rotate', ['prod', '--yes'], [['Type prod to go on: ', text]]);
    for (const text of ['y', 'yes', 'dev', '']) expect((await answer(text)).code).toBe(4);
    const typed = await answer('prod');
    expect([typed.code, typed.output]).toEqual([3, expect.stringContaining('sallyport-prod-rotate:live is not there')]);
  }, 60_000);
});

describeHere('with something missing, a deployment changes nothing and says what to do', () => {
  const missing: readonly (readonly [string, NonNullable<RunOptions['env']>, string])[] = [
    ['Terraform', { PATH: '/nowhere' }, 'install Terraform 1.11 or later'],
    ['a region', { AWS_REGION: undefined }, 'export AWS_REGION'],
    ['credentials', { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }, 'aws sso login'],
    ['the zip', {}, 'make bundle'],
    ['the foundation', {}, 'make bootstrap ENV=dev'],
  ];

  it.each(missing)(
    '%s',
    async (_what, env, mend) => {
      const [before, files] = [await account.names(), await checkout.list('terraform/service')];
      // Aliases go back without a zip.
      const others = mend === 'make bundle' ? [] : ['rollback'];
      for (const name of ['deploy', 'plan', 'destroy', ...others]) {
        const { code, stderr } = await run(name, [], { env });
        expect([name, code]).toEqual([name, 3]);
        expect(stderr).toContain('nothing was changed');
        expect(stderr).toContain(mend);
        expect(stderr).toContain('Next: ');
      }
      expect(await account.names()).toEqual(before);
      expect(await checkout.list('terraform/service')).toEqual(files);
    },
    120_000,
  );

  it('the environment’s values', async () => {
    const values = await checkout.read('terraform/environments/dev.tfvars');
    await checkout.remove('terraform/environments/dev.tfvars');
    const { code, stderr } = await run('deploy');
    await checkout.write('terraform/environments/dev.tfvars', values);
    expect(code).toBe(3);
    expect(stderr).toContain('terraform/environments/dev.tfvars is not there');
  });

  it('and doctor says the same without stopping at the first', async () => {
    const { code, stdout } = await checkout.run('doctor', ['dev'], { env: { PATH: '/nowhere' } });
    expect(code).toBe(1);
    expect(stdout).toContain('BAD  terraform is not installed');
    expect(stdout).toContain('BAD  the foundation of dev was never applied\n       → make bootstrap ENV=dev');
  });
});

describeHere('the foundation', () => {
  it('goes on where Ctrl-C stopped it, and ends with its state in the bucket', async () => {
    let stopped = false;
    // One at a time, and among those that need no waiting for: what is waited for when Terraform stops is there and not in its state.
    const env = { TF_CLI_ARGS_apply: '-parallelism=1' };
    const first = await run('bootstrap', [], {
      env,
      onOutput: (output, child) => {
        if (stopped || !/aws_ssm_parameter\S+: Creation complete/.test(output)) return;
        stopped = true;
        child.kill('SIGINT');
      },
    });
    expect(first.code).toBe(130);
    expect(first.stderr).toContain('Next: make bootstrap ENV=dev');
    expect(await account.names()).not.toEqual([]);
    const second = await run('bootstrap');
    expect([second.code, second.stderr.slice(-500)]).toEqual([0, expect.stringContaining('make secrets ENV=dev')]);
    expect(await account.objects(STATE_BUCKET)).toContain('foundation.tfstate');
    const left = (await checkout.list('terraform/foundation')).filter((name) => /tfstate|override/.test(name));
    expect(left).toEqual([]);
  }, 300_000);

  it('stays as it is when it is applied again', async () => {
    const before = await account.names();
    const again = await run('bootstrap');
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('no resource changes')]);
    expect(await account.names()).toEqual(before);
  }, 120_000);

  it('is planned with an exit code that says whether anything would change', async () => {
    const root = ['--root', 'foundation'];
    expect(await checkout.run('plan', ['dev', ...root])).toMatchObject({ code: 0 });
    await checkout.write('terraform/environments/dev.foundation.tfvars', 'key_deletion_days = 8\n');
    const changed = await checkout.run('plan', ['dev', ...root, '--markdown', 'plan.md']);
    expect([changed.code, changed.stdout]).toEqual([
      2,
      expect.stringContaining('~ aws_kms_key.this["vault"]  (deletion_window_in_days)'),
    ]);
    expect(await checkout.read('plan.md')).toMatch(/^### foundation of dev: \d changed\n/);
    await checkout.write('terraform/environments/dev.foundation.tfvars', 'key_deletion_days = 6\n');
    const wrong = await checkout.run('plan', ['dev', ...root]);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('key_deletion_days is a whole number from 7 to 30'),
    ]);
    await checkout.write('terraform/environments/dev.foundation.tfvars', FOUNDATION);
  }, 180_000);
});

describeHere('secrets', () => {
  const give = (values: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    run('secrets', ['--from-fd', '3', ...args], { input: assignments(values) });

  it('come from a file descriptor, are never said, and stand on no command line', async () => {
    await checkout.write('terraform/environments/dev.tfvars', VALUES);
    let seen = '';
    const values = { ...CANARIES, ...redisUrls() };
    const { code, output } = await run('secrets', ['--from-fd', '3'], {
      input: assignments(values),
      onOutput: (_output, child) => {
        if (child.exitCode !== null) return;
        try {
          seen +=
            readFileSync(`/proc/${child.pid}/cmdline`, 'utf8') + readFileSync(`/proc/${child.pid}/environ`, 'utf8');
        } catch {
          // It ended meanwhile, or this system has no such files.
        }
      },
    });
    expect([code, output]).toEqual([0, expect.stringContaining('Next: make certs ENV=dev')]);
    expect(output + seen).not.toContain('CANARY');
    for (const [name, value] of Object.entries(values)) {
      expect(await account.parameter(`/sallyport/dev/${name}`)).toEqual({ type: 'SecureString', value });
    }
    expect((await account.parameter('/sallyport/dev/hmac-master')).value).toMatch(/^[\w-]{43}$/);
  }, 60_000);

  it('stay as they are when they are given again, and so does what was made here', async () => {
    const master = await account.parameter('/sallyport/dev/hmac-master');
    const version = await account.version('/sallyport/dev/google-client-secret');
    expect(await give(CANARIES)).toMatchObject({ code: 0 });
    expect(await account.parameter('/sallyport/dev/hmac-master')).toEqual(master);
    expect(await account.version('/sallyport/dev/google-client-secret')).toBe(version);
  }, 60_000);

  it('are replaced only when that is said', async () => {
    const other = { 'openai-api-key': 'sk-CANARYanotherKey012345678' };
    const refused = await give(other);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('REPLACE=openai-api-key')]);
    expect((await account.parameter('/sallyport/dev/openai-api-key')).value).toBe(CANARIES['openai-api-key']);
    const replaced = await give(other, '--replace', 'openai-api-key');
    expect([replaced.code, replaced.output]).toEqual([0, expect.not.stringContaining('CANARY')]);
    expect((await account.parameter('/sallyport/dev/openai-api-key')).value).toBe(other['openai-api-key']);
  }, 60_000);

  it.each([
    ['a wrong form', { 'google-client-secret': 'GOCSPX-CANARY with spaces' }, 'google-client-secret is refused'],
    ['an unknown name', { 'google-secret': 'GOCSPX-CANARYgoogle' }, 'No secret is called google-secret'],
    ['the credentials, which are made', { 'agent-credentials': 'CANARY' }, 'No secret is called agent-credentials'],
  ])(
    'are refused as a whole for %s, without a word of the value',
    async (_what, wrong, why) => {
      const version = await account.version('/sallyport/dev/openai-api-key');
      const { code, output } = await give(
        { 'openai-api-key': 'sk-CANARYthirdKey0123456789', ...wrong },
        '--replace',
        'openai-api-key',
      );
      expect([code, output]).toEqual([64, expect.stringContaining(why)]);
      expect(output).not.toContain('CANARY');
      expect(await account.version('/sallyport/dev/openai-api-key')).toBe(version);
    },
    60_000,
  );

  it('are typed unseen at a terminal: only what is unset, and again when the form is wrong', async () => {
    await account.putParameter('/sallyport/dev/google-client-secret', 'unset');
    const typed = CANARIES['google-client-secret'];
    const { code, output } = await checkout.runAtTerminal(
      'secrets',
      ['dev'],
      [
        ['google-client-secret (', 'CANARY'],
        ['google-client-secret (', typed],
        ['Go on? [y/N]', 'y'],
      ],
    );
    expect([code, output]).toEqual([0, expect.stringContaining('written: /sallyport/dev/google-client-secret')]);
    expect(output).toContain('That cannot be: it has 16 characters or more');
    expect(output).not.toMatch(/CANARY|openai-api-key \(/);
    expect((await account.parameter('/sallyport/dev/google-client-secret')).value).toBe(typed);
  }, 60_000);

  it('are left alone when the person says no', async () => {
    const version = await account.version('/sallyport/dev/openai-api-key');
    const { code, output } = await checkout.runAtTerminal(
      'secrets',
      ['dev', '--replace', 'openai-api-key'],
      [
        ['openai-api-key (', 'sk-CANARYfourthKey012345678'],
        ['Go on? [y/N]', 'n'],
      ],
    );
    expect([code, output]).toEqual([4, expect.not.stringContaining('CANARY')]);
    expect(await account.version('/sallyport/dev/openai-api-key')).toBe(version);
  }, 60_000);

  it('are not asked for where there is no terminal', async () => {
    expect(await run('secrets')).toMatchObject({ code: 3 });
  });
});

describeHere('certificates', () => {
  it('are made once: the authority by KMS, the truststore, the agent’s credentials', async () => {
    const env = { REDIS_CA_FILE: 'redis-ca.pem' };
    const before = await run('certs', [], { env });
    // The operator’s password is the server’s; the others belong to users that this Redis does not have.
    expect([before.code, before.output]).toEqual([0, expect.stringContaining('made: revocations, key, credentials')]);
    const truststore = await account.object('sallyport-dev-truststore-000000000000', 'truststore.pem');
    expect(truststore.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    const text = (await account.parameter('/sallyport/dev/agent-credentials')).value;
    const { certificate, keyId } = parseCredentials(text);
    expect([certificate.spiffeId.text, keyId]).toEqual([
      'spiffe://dev.sallyport.test/dev/agent/assistant',
      'agent/assistant#1',
    ]);
    const again = await run('certs', [], { env });
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('everything was there and good')]);
    expect(await account.object('sallyport-dev-truststore-000000000000', 'truststore.pem')).toBe(truststore);
    expect((await account.parameter('/sallyport/dev/agent-credentials')).value).toBe(text);
    expect(before.output + again.output).not.toMatch(/CANARY|PRIVATE KEY/);
  }, 60_000);

  it('are revoked by serial number, with a warning for the one in use', async () => {
    const env = { REDIS_CA_FILE: 'redis-ca.pem' };
    const { certificate } = parseCredentials((await account.parameter('/sallyport/dev/agent-credentials')).value);
    const { code, stdout } = await run('revoke', ['4f:3a:00:11'], { env });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^revoked 4F3A0011 of CN=Sallyport dev client CA /)]);
    expect(await run('revoke', ['not-hex'], { env })).toMatchObject({ code: 64 });
    const inUse = await run('revoke', [certificate.serial], { env });
    expect([inUse.code, inUse.stderr]).toEqual([0, expect.stringContaining('Next: make rotate ENV=dev RENEW=1')]);
    const listed = await checkout.run('operator', ['dev', '--', 'certificate', 'revoked'], { env });
    expect(listed.stdout).toContain('4F3A0011');
  }, 60_000);

  it('are issued for a person’s own bridge by the key in KMS, into a file and nowhere else', async () => {
    const env = { REDIS_CA_FILE: 'redis-ca.pem' };
    const operate = (...args: readonly string[]) => checkout.run('operator', ['dev', '--', ...args], { env });
    const person = (await operate('person', 'add', 'Ana')).stdout.trim();
    const issue = (...args: readonly string[]) =>
      run('bridge', ['--person', person, '--out', 'ana.json', ...args], { env });
    const { code, output } = await issue();
    expect([code, output]).toEqual([0, expect.stringContaining('https://mcp.dev.sallyport.test/mcp')]);
    const text = await checkout.read('ana.json');
    const { certificate, keyId } = parseCredentials(text);
    expect([certificate.spiffeId.text, keyId]).toEqual([
      `spiffe://dev.sallyport.test/dev/bridge/${person}`,
      `bridge/${person}#1`,
    ]);
    const { secret, private_key } = JSON.parse(text) as Readonly<Record<'secret' | 'private_key', string>>;
    for (const hidden of [secret, private_key, 'PRIVATE KEY', 'CANARY']) expect(output).not.toContain(hidden);
    const truststore = await account.object('sallyport-dev-truststore-000000000000', 'truststore.pem');
    expect(readTruststore(truststore).some((one) => isIssuedBy(certificateOf(text), one.certificate))).toBe(true);
    expect(await issue('--days', '400')).toMatchObject({ code: 1, stderr: expect.stringContaining('1 to 90') });
    expect(await checkout.read('ana.json')).toBe(text);
    expect(await run('bridge', ['--person', person], { env })).toMatchObject({ code: 64 });
    const wrong = await operate('certificate', 'bridge', '--person', person, '--out', 'x.json');
    expect([wrong.code, wrong.output]).toEqual([64, expect.stringContaining('make bridge ENV=dev')]);
  }, 120_000);
});

describeHere('persons and tokens of a deployed environment', () => {
  it('are made with the operator’s Redis URL, which is never said', async () => {
    const env = { REDIS_CA_FILE: 'redis-ca.pem' };
    const operate = (...args: readonly string[]) => checkout.run('operator', ['dev', '--', ...args], { env });
    const added = await operate('person', 'add', 'Ana "B" $(id)');
    expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/^p_[0-9A-Z]{26}\n$/)]);
    const person = added.stdout.trim();
    const token = await operate(
      'token',
      'create',
      '--person',
      person,
      '--audience',
      'agent',
      '--scope',
      'calendar.read',
    );
    expect([token.code, token.stdout]).toEqual([0, expect.stringMatching(/^sp_\S+\n$/)]);
    const listed = await operate('person', 'list');
    expect(listed.stdout).toContain(`${person}  Ana "B" $(id)`);
    expect(added.output + token.output + listed.output).not.toContain('CANARY');
    expect(await operate('ask', 'am I free?')).toMatchObject({ code: 64 });
  }, 60_000);
});

describeHere('doctor', () => {
  const look = async (env: RunOptions['env'] = {}) =>
    checkout.run('doctor', ['dev'], { env: { REDIS_CA_FILE: 'redis-ca.pem', ...env } });

  it('finds everything in order but the service that is not deployed, and says no secret', async () => {
    const { code, output, stdout } = await look();
    expect(code).toBe(1);
    expect(stdout.match(/^BAD .*$/gm)).toEqual(['BAD  nothing is deployed']);
    expect(stdout).toContain('ok   Redis answers, and evicts nothing (noeviction)');
    expect(stdout).toMatch(/ok {3}the agent’s certificate lasts (?:29|30) more days/);
    expect(output).not.toContain('CANARY');
  }, 60_000);

  it('finds a key that is disabled, with the command that enables it', async () => {
    const id = await account.disableKey('alias/sallyport-dev-vault');
    const { stdout } = await look();
    await account.enableKey(id);
    expect(stdout).toContain(`BAD  alias/sallyport-dev-vault is disabled\n       → aws kms enable-key --key-id ${id}`);
  }, 60_000);

  it('finds a secret that was never set', async () => {
    await account.putParameter('/sallyport/dev/google-client-secret', 'unset');
    const { stdout } = await look();
    expect(stdout).toContain('BAD  /sallyport/dev/google-client-secret is still unset\n       → make secrets ENV=dev');
    await account.putParameter('/sallyport/dev/google-client-secret', CANARIES['google-client-secret']);
  }, 60_000);

  it('finds a Redis that is gone', async () => {
    await redis.kill();
    const { code, stdout } = await look();
    await redis.start();
    expect([code, stdout]).toEqual([1, expect.stringContaining('BAD  The store cannot be reached right now')]);
  }, 60_000);

  it('looks at this machine too', async () => {
    const { code, stdout } = await checkout.run('doctor', ['local']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('make dev')]);
  });
});

describeHere('a deployment', () => {
  const versions = () => account.liveVersions(['agent', 'oauth']);

  beforeAll(async () => {
    // Two functions of the real module, so that it takes seconds.
    for (const name of await checkout.list('terraform/service')) await checkout.remove(`terraform/service/${name}`);
    await checkout.write('terraform/service/main.tf', SMALL_SERVICE);
    await checkout.bundle(1);
  });

  it('without the hosted zone of its names changes nothing, and names the values that say which', async () => {
    const refused = await run('deploy');
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining(
        'the hosted zone Z0123456789EXAMPLE is not there: set zone_id and domain in terraform/environments/dev.tfvars',
      ),
    ]);
    const valuesIn = (zone: string) => VALUES.replace('Z0123456789EXAMPLE', zone);
    await checkout.write('terraform/environments/dev.tfvars', valuesIn(await account.createZone('other.test')));
    const { code, stderr } = await run('deploy');
    expect([code, stderr]).toEqual([3, expect.stringMatching(/dev\.sallyport\.test does not lie in .*other\.test/)]);
    expect(await versions()).toEqual({});
    await checkout.write('terraform/environments/dev.tfvars', valuesIn(await account.createZone('sallyport.test')));
  }, 60_000);

  it('stopped by Ctrl-C leaves a state that knows, and goes on', async () => {
    let stopped = false;
    const first = await run('deploy', [], {
      onOutput: (output, child) => {
        if (stopped || !output.includes('Creation complete')) return;
        stopped = true;
        child.kill('SIGINT');
      },
    });
    expect([first.code, first.stderr]).toEqual([130, expect.stringContaining('Next: make deploy ENV=dev')]);
    const second = await run('deploy');
    expect([second.code, second.stderr.slice(-300)]).toEqual([0, expect.stringContaining('Live: agent 1, oauth 1.')]);
    expect(await versions()).toEqual({ agent: '1', oauth: '1' });
  }, 300_000);

  it('leaves nothing to plan, and nothing to go back to: that is said, not guessed', async () => {
    expect(await checkout.run('plan', ['dev'])).toMatchObject({ code: 0 });
    const { code, stderr } = await run('rollback');
    expect([code, stderr]).toEqual([3, expect.stringContaining('TO="agent/1 oauth/1"')]);
    expect(stderr).toContain('is not recorded. Nothing was changed.\nPublished:\n  agent: 1\n  oauth: 1');
  }, 120_000);

  it('that answers wrongly goes back to what was live', async () => {
    await checkout.bundle(2);
    doors.answer('badly');
    const { code, stderr } = await run('deploy');
    doors.answer('well');
    expect([code, stderr]).toEqual([1, expect.stringContaining('WRONG the Agent API is healthy')]);
    expect(stderr).toContain('Live again: agent 1, oauth 1.');
    expect(await versions()).toEqual({ agent: '1', oauth: '1' });
    const found = await checkout.run('doctor', ['dev'], { env: { REDIS_CA_FILE: 'redis-ca.pem' } });
    expect(found.stdout).toContain('sallyport-dev-agent serves version 1, the newest is 2: it was rolled back');
  }, 300_000);

  it('is taken forward by the next, and goes back to the versions that were good before, not to the ones that failed', async () => {
    await checkout.bundle(3);
    expect(await run('deploy')).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({ agent: '3', oauth: '3' });
    // The zip here is none that was ever deployed: aliases are all that goes back.
    await checkout.bundle(9);
    const { code, output } = await run('rollback');
    expect([code, output]).toEqual([0, expect.stringContaining('Now live: agent 1, oauth 1.')]);
    expect(output).toContain('ok    the Agent API is healthy');
    expect(await versions()).toEqual({ agent: '1', oauth: '1' });
    const again = await run('rollback');
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Nothing to do')]);
    await checkout.bundle(3);
    expect(await run('deploy')).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({ agent: '3', oauth: '3' });
  }, 300_000);

  it('goes back as the whole that it was: what it left alone stays', async () => {
    const more = SMALL_SERVICE.replace(/memory_mb\s*=\s*256/, 'memory_mb = each.key == "agent" ? 512 : 256');
    await checkout.write('terraform/service/main.tf', more);
    expect(await run('deploy')).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({ agent: '4', oauth: '3' });
    expect(await run('rollback')).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({ agent: '3', oauth: '3' });
  }, 300_000);

  it('goes back to versions that are named, and says when the doors do not like them', async () => {
    doors.answer('badly');
    const one = await run('rollback', ['agent/1']);
    doors.answer('well');
    expect([one.code, one.stderr]).toEqual([1, expect.stringContaining('after going back to agent 1')]);
    expect(await versions()).toEqual({ agent: '1', oauth: '3' });
    const none = await run('rollback', ['agent/7']);
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('agent has no version 7; there: 4, 3, 2, 1')]);
    expect(await run('rollback', ['nobody/1'])).toMatchObject({ code: 64 });
  }, 300_000);

  it('is not gone back from while somebody deploys: who does is said, and the lock is theirs', async () => {
    const lock = { ID: 'a1', Operation: 'OperationTypeApply', Who: 'runner@ci-7', Created: '2026-11-21T10:00:00Z' };
    const unlock = await account.putObject(STATE_BUCKET, 'service.tfstate.tflock', JSON.stringify(lock));
    const refused = await run('rollback', ['agent/3']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('locked by runner@ci-7')]);
    expect(await versions()).toEqual({ agent: '1', oauth: '3' });
    await unlock();
    expect(await run('rollback', ['agent/3'])).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({ agent: '3', oauth: '3' });
    expect(await account.objects(STATE_BUCKET)).not.toContain('service.tfstate.tflock');
  }, 300_000);

  it('that Terraform refuses, since somebody deployed after the plan, takes nothing of theirs back', async () => {
    await checkout.bundle(5);
    const bin = join(checkout.folder, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'terraform'), DEPLOYED_MEANWHILE, { mode: 0o755 });
    const path = `${bin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
    const { code, stderr } = await run('deploy', [], { env: { PATH: path } });
    expect([code, stderr]).toEqual([1, expect.stringContaining('Nothing of the plan was applied.')]);
    expect(await versions()).toEqual({ agent: '5', oauth: '4' });
  }, 300_000);

  it('that somebody opened by hand is found by doctor', async () => {
    const found = 'has a Function URL that nobody deployed: a way in around its API';
    const remove = 'aws lambda delete-function-url-config --function-name sallyport-dev-agent';
    for (const place of ['live', 'the function itself'] as const) {
      const close = await account.openUrl('agent', place);
      const { stdout } = await checkout.run('doctor', ['dev'], { env: { REDIS_CA_FILE: 'redis-ca.pem' } });
      await close();
      const mend = place === 'live' ? `${remove} --qualifier live` : remove;
      expect(stdout).toContain(`BAD  sallyport-dev-agent ${found}\n       → ${mend}\n`);
      expect(stdout).not.toContain('sallyport-dev-oauth has a Function URL');
    }
  }, 60_000);

  it('is destroyed, and the foundation only after it', async () => {
    const tooEarly = await run('destroy', ['--root', 'foundation']);
    expect([tooEarly.code, tooEarly.stderr]).toEqual([3, expect.stringContaining('The service is still there')]);
    expect(await run('destroy')).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({});
    const again = await run('destroy');
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Nothing is deployed')]);
    const full = await run('destroy', ['--root', 'foundation']);
    expect([full.code, full.stderr]).toEqual([3, expect.stringContaining('disposable = true')]);
    expect(await account.objects(STATE_BUCKET)).toContain('foundation.tfstate');
  }, 300_000);

  it('and the foundation leaves only keys that wait for their end', async () => {
    await checkout.write('terraform/environments/dev.foundation.tfvars', `${FOUNDATION}disposable = true\n`);
    expect(await run('bootstrap')).toMatchObject({ code: 0 });
    const gone = await run('destroy', ['--root', 'foundation']);
    expect([gone.code, gone.stderr.slice(-300)]).toEqual([0, expect.stringContaining('Destroyed.')]);
    expect(await account.names()).toEqual([]);
    expect((await checkout.list('terraform/foundation')).filter((name) => /tfstate|override/.test(name))).toEqual([]);
  }, 300_000);
});
