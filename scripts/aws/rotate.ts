import { InvokeCommand } from '@aws-sdk/client-lambda';
import { visible } from '../../src/cli/visible.ts';
import { createAwsClients, errorName, ifThere } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { LIVE } from './parts/environment.ts';
import { preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { Stop } from './parts/stop.ts';

// `make rotate`: runs the scheduled rotation now. Each run takes the one step that is due, so running it twice does no harm.

await runCommand({
  name: 'rotate',
  summary: 'Runs the rotation now: it takes the step that is due, and none that is not.',
  options: {
    start: { type: 'boolean', help: 'begin a new HMAC key though the one in force is young' },
    renew: { type: 'boolean', help: 'make a new certificate though the one in use is good' },
    replace: { type: 'string', value: 'KEY', help: 'replace this HMAC key at once (agent/assistant#1): it leaked' },
  },
  run: async (context) => {
    const { environment, names, options, print, say } = context;
    const { start, renew, replace } = options;
    const wish = JSON.stringify({ start, renew, replace });
    demandConfirmable(context);
    const aws = createAwsClients();
    await preconditions(() => aws, names, {});
    const name = names.functionName('rotate');
    await confirm(context, `This runs ${name}:${LIVE}${wish === '{}' ? '' : ` with ${wish}`}.`);
    const command = new InvokeCommand({ FunctionName: name, Qualifier: LIVE, Payload: Buffer.from(wish) });
    const answer = await ifThere(aws.invoker.send(command)).catch((cause: unknown) => {
      if (errorName(cause) !== 'TimeoutError') throw cause;
      throw new Stop(EXIT.failed, `${name} has not answered. It was asked once, and what it began it may have done.`, {
        next: `make logs ENV=${environment} FN=rotate SINCE=15m`,
        cause,
      });
    });
    if (answer === undefined)
      throw new Stop(EXIT.missing, `${name}:${LIVE} is not there.`, { next: `make deploy ENV=${environment}` });
    const text = Buffer.from(answer.Payload ?? new Uint8Array()).toString('utf8');
    if (answer.FunctionError !== undefined) {
      throw new Stop(EXIT.failed, `The rotation failed: ${visible(text)}`, {
        next: `make logs ENV=${environment} FN=rotate SINCE=15m`,
      });
    }
    print(visible(text));
    say('The rotation ran.');
    return EXIT.done;
  },
});
