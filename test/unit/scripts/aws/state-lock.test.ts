import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { type Context, EXIT } from '../../../../scripts/aws/parts/command.ts';
import { namesOf } from '../../../../scripts/aws/parts/environment.ts';
import { withStateLock } from '../../../../scripts/aws/parts/state-lock.ts';

// Who holds the lock of the service's state, against a bucket that writes where nothing is and refuses where something is, as S3 does.

const BUCKET = 'sallyport-dev-state-000000000000';
const KEY = `${BUCKET}/service.tfstate.tflock`;
/** As Terraform writes it. */
const TERRAFORM = {
  ID: '7a3c1f0e-0000-4000-8000-000000000001',
  Operation: 'OperationTypeApply',
  Info: '',
  Who: 'runner@ci-7',
  Version: '1.11.4',
  Created: '2026-11-21T10:00:00.123456789Z',
  Path: `${BUCKET}/service.tfstate`,
};

interface Trouble {
  /** The first write arrives, its answer does not: the SDK asks again. */
  readonly losesAnswer?: boolean;
  readonly refusesDelete?: boolean;
}

function createBucket({ losesAnswer = false, refusesDelete = false }: Trouble = {}) {
  const objects = new Map<string, string>();
  const named = (name: string): Error => Object.assign(new Error(name), { name });
  const send = async (command: { readonly input: Readonly<Record<string, string>> }) => {
    const { Bucket, Key, Body = '', IfNoneMatch } = command.input;
    const at = `${Bucket}/${Key}`;
    const what = command.constructor.name;
    if (what === 'PutObjectCommand') {
      expect(IfNoneMatch).toBe('*');
      const taken = objects.has(at);
      if (!taken) objects.set(at, Body);
      if (taken || losesAnswer) throw named('PreconditionFailed');
    }
    if (what === 'GetObjectCommand') {
      const text = objects.get(at);
      if (text === undefined) throw named('NoSuchKey');
      return { Body: { transformToString: async () => text } };
    }
    if (what === 'DeleteObjectCommand') {
      if (refusesDelete) throw named('AccessDenied');
      objects.delete(at);
    }
    return {};
  };
  return { objects, held: { s3: { send } as unknown as S3Client, bucket: BUCKET } };
}

function createContext() {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const context: Context = {
    environment: 'dev',
    names: namesOf('dev'),
    options: {},
    positionals: [],
    yes: true,
    say,
    print: say,
  };
  return { said, context };
}

describe('the lock of the service’s state', () => {
  it('is held while something is done, as Terraform reads it, and released after', async () => {
    const { objects, held } = createBucket();
    const { context } = createContext();
    let seen: unknown;
    await withStateLock(context, held, async () => {
      seen = JSON.parse(objects.get(KEY) ?? '');
    });
    expect(seen).toEqual({
      ...TERRAFORM,
      ID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      Operation: 'going back to other versions',
      Who: expect.stringMatching(/./),
      Version: '',
      Created: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect([...objects.keys()]).toEqual([]);
  });

  it('is released when that fails', async () => {
    const { objects, held } = createBucket();
    const work = withStateLock(createContext().context, held, () => Promise.reject(new Error('no')));
    await expect(work).rejects.toThrow('no');
    expect([...objects.keys()]).toEqual([]);
  });

  it('that Terraform holds keeps us out, is named and stays', async () => {
    const { objects, held } = createBucket();
    objects.set(KEY, JSON.stringify(TERRAFORM));
    let worked = false;
    const work = withStateLock(createContext().context, held, async () => {
      worked = true;
    });
    await expect(work).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: expect.stringContaining(
        `locked by runner@ci-7 since ${TERRAFORM.Created} (OperationTypeApply, ${TERRAFORM.ID})`,
      ),
      next: expect.stringContaining(`aws s3 rm s3://${KEY}`),
    });
    expect(worked).toBe(false);
    expect(JSON.parse(objects.get(KEY) ?? '')).toEqual(TERRAFORM);
  });

  it('is ours too when the answer that said so was lost', async () => {
    const { objects, held } = createBucket({ losesAnswer: true });
    let worked = false;
    await withStateLock(createContext().context, held, async () => {
      worked = true;
    });
    expect([worked, [...objects.keys()]]).toEqual([true, []]);
  });

  it('is left alone where somebody else has it by now', async () => {
    const { objects, held } = createBucket();
    await withStateLock(createContext().context, held, async () => {
      objects.set(KEY, JSON.stringify(TERRAFORM));
    });
    expect(JSON.parse(objects.get(KEY) ?? '')).toEqual(TERRAFORM);
  });

  it('that cannot be released is said, with what removes it', async () => {
    const { held } = createBucket({ refusesDelete: true });
    const { said, context } = createContext();
    await withStateLock(context, held, async () => {});
    expect(said).toEqual([`The lock could not be released (AccessDenied): aws s3 rm s3://${KEY}`]);
  });

  it('waits with Ctrl-C until it is released', async () => {
    const { objects, held } = createBucket();
    const { said, context } = createContext();
    const listeners = process.listenerCount('SIGINT');
    let finished = false;
    const work = withStateLock(context, held, async () => {
      process.emit('SIGINT');
      finished = objects.has(KEY);
    });
    await expect(work).rejects.toMatchObject({ exitCode: EXIT.interrupted });
    expect([finished, [...objects.keys()], process.listenerCount('SIGINT')]).toEqual([true, [], listeners]);
    expect(said).toEqual(['Interrupted: waiting until what was begun is finished.']);
  });
});
