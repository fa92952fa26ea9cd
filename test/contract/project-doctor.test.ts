import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AwsEmulator, EMULATOR_START_MS, startAwsEmulator, TEST_REGION } from '../support/aws-emulator.ts';
import { createDesk, type Desk } from '../support/ide.ts';
import { sallyport } from '../support/sallyport-command.ts';
import { seedAwsAccount } from '../support/seeded-account.ts';

// `sallyport doctor` in a project's folder: whether what its sallyport.json names is there.

const SLOW_MS = 60_000;
let emulator: AwsEmulator;
let desk: Desk;

beforeAll(async () => {
  emulator = await startAwsEmulator('moto');
  await seedAwsAccount({ endpoint: emulator.endpoint, region: TEST_REGION });
  desk = createDesk({ AWS_ENDPOINT_URL: emulator.endpoint });
  desk.write('.aws/config', `[profile work]\nregion = ${TEST_REGION}\n`);
  desk.write('.aws/credentials', '[work]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n');
}, EMULATOR_START_MS + 120_000);
afterAll(async () => {
  desk?.close();
  await emulator?.stop();
});

interface Said {
  readonly state: string;
  readonly what: string;
  readonly mend?: string;
}

async function findings(project: object | string, profile = 'work'): Promise<readonly Said[]> {
  desk.write('shop/sallyport.json', project);
  desk.write('shop/src/here.txt', '');
  const run = await sallyport(['doctor', '--json'], {
    env: { ...desk.env, AWS_PROFILE: profile },
    cwd: `${desk.folder}/shop/src`,
  });
  const all = JSON.parse(run.stdout) as readonly Said[];
  return all.slice(all.findIndex(({ what }) => what.includes('sallyport.json')));
}

const gateway = { cluster: 'gateway', service: 'web', repository: 'app-1' };

describe('sallyport doctor in a project', () => {
  it(
    'finds what is there, from a folder below the file',
    async () => {
      expect(await findings({ region: TEST_REGION, services: { gateway } })).toEqual([
        { state: 'ok', what: expect.stringMatching(/sallyport\.json names 1 service$/) },
        { state: 'ok', what: 'gateway: cluster, service, repository are there' },
      ]);
    },
    SLOW_MS,
  );

  it(
    'names each thing that is not there, of every kind, with the member to correct',
    async () => {
      const nothing = {
        cluster: 'no-cluster',
        service: 'no-service',
        function: 'no-function',
        repository: 'no/repository',
        log_group: '/no/group',
        secret: 'no-secret',
        database: 'no-database',
        cache: 'no-cache',
        balancer: 'no-balancer',
      };
      const [, ...found] = await findings({ services: { gone: nothing } });
      expect(found.map(({ state, mend }) => `${state} ${mend}`)).toEqual(
        Object.keys(nothing).map((kind) => `bad correct services.gone.${kind} in sallyport.json, or its region`),
      );
    },
    SLOW_MS,
  );

  it(
    'says once that nobody is signed in',
    async () => {
      const [, ...found] = await findings({ services: { gateway, other: gateway } }, 'wrok');
      expect(found).toEqual([expect.objectContaining({ state: 'mind', what: expect.stringContaining('"wrok"') })]);
    },
    SLOW_MS,
  );

  it(
    'says every problem of a file that is not right',
    async () => {
      const [found] = await findings({ region: 'mars', services: { web: { nonsense: 1 } } });
      expect(found?.state).toBe('bad');
      expect(found?.what).toMatch(/region[\s\S]*nonsense/);
    },
    SLOW_MS,
  );
});
