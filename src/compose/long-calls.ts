import type { Config } from '../config/load.ts';
import { lazily } from '../kernel/lazily.ts';
import type { LongCalls } from '../mcp/long-calls.ts';
import type { ToolSource } from '../mcp/tool-source.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Platform } from './service-handler.ts';

// The doors' side of calls that go on behind their answer, imported when the first such call comes.

export interface LongCallParts {
  readonly config: Config<'mcp'>;
  readonly store: KeyValueStore;
  readonly tools: ToolSource;
  readonly platform: Platform;
}

async function openQueue(url: string): Promise<JobQueue> {
  const { createSqsJobQueue } = await import('../adapters/aws/sqs-job-queue.ts');
  return createSqsJobQueue({ queueUrl: url });
}

/** Nothing where there is no queue: then every call is done while its caller waits. */
export function composeLongCalls({ config, store, tools, platform }: LongCallParts): LongCalls | undefined {
  const { SALLYPORT_CALLS_QUEUE_URL: url, SALLYPORT_MCP_URL: mcpUrl } = config.settings;
  if (url === undefined && platform.callsQueue === undefined) return undefined;
  const opened = lazily(async () => {
    const { createDoorTasks } = await import('../mcp/tasks/door-tasks.ts');
    const queue = url === undefined ? platform.callsQueue : await openQueue(url);
    if (queue === undefined) throw new Error('there is no queue');
    const { clock, random } = platform;
    return createDoorTasks({ store, tools, queue, clock, random, mcpUrl });
  });
  return {
    known: async (tool, call) => (await opened()).known(tool, call),
    begin: async (tool, call, approval) => (await opened()).begin(tool, call, approval),
    look: async (caller, id) => (await opened()).look(caller, id),
    cancel: async (caller, id) => (await opened()).cancel(caller, id),
    urlOf: (id) => `${mcpUrl}/status/${id}`,
  };
}
