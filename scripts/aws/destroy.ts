import { createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { destroyFoundation } from './parts/destroy-foundation.ts';
import { preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { planAndShow } from './parts/service-plan.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform, type Terraform } from './parts/terraform.ts';

// `make destroy`: removes the service. The foundation, with keys, secrets and the truststore, stays: with it everything can be deployed
// again, and without its keys no backup of anything opens.

async function apply(context: Context, terraform: Terraform): Promise<void> {
  const result = await terraform.apply(context.say);
  const next = `make destroy ENV=${context.environment}`;
  if (result.interrupted)
    throw new Stop(EXIT.interrupted, 'Interrupted: part of it is gone. The state knows which part.', { next });
  if (result.code !== 0)
    throw new Stop(EXIT.failed, 'Not everything could be removed. The state knows what is left.', { next });
}

await runCommand({
  name: 'destroy',
  summary: 'Removes the service of an environment. The foundation (keys, secrets, truststore, state) stays.',
  options: {
    root: {
      type: 'string',
      value: 'foundation',
      help: 'the end of the environment: the foundation, once the service is gone',
    },
  },
  run: async (context) => {
    const { environment, names, say, options } = context;
    const isFoundation = options['root'] === 'foundation';
    if (options['root'] !== undefined && !isFoundation) throw new Stop(EXIT.usage, 'ROOT is foundation, or left out.');
    demandConfirmable(context);
    const aws = createAwsClients();
    if (isFoundation) {
      const { account } = await preconditions(() => aws, names, { terraform: true });
      return destroyFoundation(context, aws, names.stateBucket(account));
    }
    await preconditions(() => aws, names, { terraform: true, foundation: true, bundle: true, variables: true });
    const terraform = createTerraform(environment, 'service');
    await terraform.init();
    const { changes } = await planAndShow(context, terraform, { destroy: true });
    if (!changes) {
      say('Nothing is deployed.');
      return EXIT.done;
    }
    await confirm(context, `This destroys the service of ${environment}. With DynamoDB, people's records go with it.`);
    await apply(context, terraform);
    say(`Destroyed. The foundation stays; make destroy ENV=${environment} ROOT=foundation removes it.`);
    return EXIT.done;
  },
});
