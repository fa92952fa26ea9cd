import { type HealthQuestion, type PartHealth, readMetrics, type Trouble, UNREAD } from './health.ts';
import { numberIn, objectIn, objectsIn, present, textIn } from './plain-json.ts';

// A Lambda function: whether it can run, what its last change did, and how its calls went.

export interface LambdaHealth extends PartHealth {
  readonly logGroup?: string;
}

/** So many of a hundred calls may fail before somebody should look. */
const FAILING_PERCENT = 5;

export async function readLambdaHealth(question: HealthQuestion, name: string): Promise<LambdaHealth> {
  const { asking, where, minutes } = question;
  const [configuration, aliases, concurrency, metrics] = await Promise.all([
    asking.ask('lambda', 'GetFunctionConfiguration', { FunctionName: name }, where),
    asking.find('lambda', 'ListAliases', { FunctionName: name }, where),
    asking.find('lambda', 'GetFunctionConcurrency', { FunctionName: name }, where),
    readMetrics(
      question,
      'AWS/Lambda',
      { FunctionName: name },
      {
        invocations: ['Invocations', 'Sum'],
        errors: ['Errors', 'Sum'],
        throttles: ['Throttles', 'Sum'],
        p95Milliseconds: ['Duration', 'p95'],
      },
    ),
  ]);
  if (configuration === undefined) return UNREAD;
  const [state, update] = [textIn(configuration, 'State'), textIn(configuration, 'LastUpdateStatus')];
  const reserved = numberIn(concurrency === 'absent' ? undefined : concurrency, 'ReservedConcurrentExecutions');
  const [calls, errors] = [numberIn(metrics, 'invocations') ?? 0, numberIn(metrics, 'errors') ?? 0];
  const throttles = numberIn(metrics, 'throttles') ?? 0;
  const troubles: Trouble[] = [];
  if (state === 'Failed') troubles.push({ level: 'down', words: 'the function’s state is Failed' });
  if (update === 'Failed') troubles.push({ level: 'degraded', words: 'its last change failed' });
  if (reserved === 0) troubles.push({ level: 'down', words: 'no instance may run: its reserved concurrency is 0' });
  if (calls > 0 && errors === calls)
    troubles.push({ level: 'down', words: `all ${calls} calls of ${minutes} minutes failed` });
  else if (errors * 100 > calls * FAILING_PERCENT) {
    troubles.push({ level: 'degraded', words: `${errors} of ${calls} calls of ${minutes} minutes failed` });
  }
  if (throttles > 0) troubles.push({ level: 'degraded', words: `${throttles} calls were throttled` });
  const logGroup = textIn(objectIn(configuration, 'LoggingConfig'), 'LogGroup') ?? `/aws/lambda/${name}`;
  const data = present({
    function: name,
    state,
    lastUpdate: update,
    reason: textIn(configuration, 'StateReason') ?? textIn(configuration, 'LastUpdateStatusReason'),
    lastModified: textIn(configuration, 'LastModified'),
    version: textIn(configuration, 'Version'),
    runtime: textIn(configuration, 'Runtime'),
    memoryMb: numberIn(configuration, 'MemorySize'),
    timeoutSeconds: numberIn(configuration, 'Timeout'),
    reservedConcurrency: reserved,
    aliases: objectsIn(aliases === 'absent' ? undefined : aliases, 'Aliases').map((alias) =>
      present({ name: textIn(alias, 'Name'), version: textIn(alias, 'FunctionVersion') }),
    ),
    metrics,
  });
  return { data, troubles, logGroup };
}
