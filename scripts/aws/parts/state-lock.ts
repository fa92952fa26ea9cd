import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type AwsClients, errorName, ifThere } from './aws.ts';
import { type Context, EXIT } from './command.ts';
import { Stop } from './stop.ts';

// The lock of the service's state, for who moves past Terraform what Terraform moves as well: the object that its S3 backend writes beside the
// state, and only where there is none (https://developer.hashicorp.com/terraform/language/backend/s3#state-locking). Each sees the other's.

const STATE_KEY = 'service.tfstate';
const LOCK_KEY = `${STATE_KEY}.tflock`;

/** What Terraform writes into it, as far as it is told here. */
const lockInfo = z.object({
  ID: z.string(),
  Operation: z.string().default(''),
  Who: z.string().default(''),
  Created: z.string().default(''),
});
type LockInfo = z.infer<typeof lockInfo>;

type Held = Pick<AwsClients, 's3'> & { readonly bucket: string };

function whoWeAre(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user id without a name, as in some containers.
    return hostname();
  }
}

/** Undefined where nobody holds it. */
async function readLock({ s3, bucket }: Held): Promise<LockInfo | undefined> {
  const object = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: LOCK_KEY })));
  const text = await object?.Body?.transformToString();
  return text === undefined ? undefined : lockInfo.parse(JSON.parse(text));
}

/** Who holds it, and how somebody takes it away from a process that is gone. */
function lockedBy({ environment }: Context, { bucket }: Held, holder: LockInfo | undefined): Stop {
  const by =
    holder === undefined ? '' : ` by ${holder.Who} since ${holder.Created} (${holder.Operation}, ${holder.ID})`;
  const gone = holder === undefined ? '' : `; if nobody is at it any more, aws s3 rm s3://${bucket}/${LOCK_KEY} first`;
  const what = `The service of ${environment} is being changed: its state is locked${by}. No version was moved.`;
  return new Stop(EXIT.failed, what, { next: `make rollback ENV=${environment} once that has ended${gone}` });
}

/** S3 has an object there already, or somebody writes one at this moment. */
const TAKEN: ReadonlySet<string> = new Set(['PreconditionFailed', 'ConditionalRequestConflict', '412', '409']);

async function take(context: Context, held: Held): Promise<string> {
  const id = randomUUID();
  const info = {
    ID: id,
    Operation: 'going back to other versions',
    Info: '',
    Who: whoWeAre(),
    Version: '',
    Created: new Date().toISOString(),
    Path: `${held.bucket}/${STATE_KEY}`,
  };
  const object = { Bucket: held.bucket, Key: LOCK_KEY, ContentType: 'application/json', IfNoneMatch: '*' };
  try {
    await held.s3.send(new PutObjectCommand({ ...object, Body: JSON.stringify(info) }));
  } catch (error) {
    if (!TAKEN.has(errorName(error))) throw error;
    const holder = await readLock(held);
    // Ours: a first answer was lost, and the SDK asked again.
    if (holder?.ID !== id) throw lockedBy(context, held, holder);
  }
  return id;
}

/** Only our own: somebody may have taken it away meanwhile, and another have it. */
async function release({ say }: Context, held: Held, id: string): Promise<void> {
  try {
    if ((await readLock(held))?.ID !== id) return;
    await held.s3.send(new DeleteObjectCommand({ Bucket: held.bucket, Key: LOCK_KEY }));
  } catch (error) {
    say(`The lock could not be released (${errorName(error)}): aws s3 rm s3://${held.bucket}/${LOCK_KEY}`);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does `work` while holding the lock, and releases it however that ends. Ctrl-C waits until then: a lock without its process would keep
 * everybody out. Throws `Stop` (failed) with the holder's name where it is taken.
 */
export async function withStateLock(context: Context, held: Held, work: () => Promise<void>): Promise<void> {
  let interrupted = false;
  const wait = (): void => {
    interrupted = true;
    context.say('Interrupted: waiting until what was begun is finished.');
  };
  for (const signal of SIGNALS) process.on(signal, wait);
  try {
    const id = await take(context, held);
    try {
      await work();
    } finally {
      await release(context, held, id);
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, wait);
  }
  if (interrupted)
    throw new Stop(EXIT.interrupted, 'Interrupted, once the versions were moved. No door was tried.', {
      next: `make doctor ENV=${context.environment}`,
    });
}
