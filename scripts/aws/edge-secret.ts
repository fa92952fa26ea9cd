import { createAwsClients } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { awaitEdge, giveEdgeItsSecret, renewEdgeSecret } from './parts/edge-secret.ts';
import { preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { smokeUrls } from './parts/smoke.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform } from './parts/terraform.ts';

// `make edge-secret`: gives the edge the origin secret that the APIs know it by. An operator's deploy does the same; this is for an edge that CI has
// deployed, which may read no secret, and for replacing it.

await runCommand({
  name: 'edge-secret',
  summary: 'Brings the origin secret from Parameter Store to the edge; does nothing where it is there already.',
  options: {
    replace: { type: 'boolean', help: 'replace it by another one, refusing no request; takes seven minutes' },
  },
  run: async (context) => {
    const { environment, print, say } = context;
    demandConfirmable(context);
    const aws = createAwsClients();
    await preconditions(() => aws, context.names, { terraform: true, foundation: true });
    const terraform = createTerraform(environment, 'service');
    await terraform.init();
    const outputs = await terraform.outputs();
    const isReplaced = context.options['replace'] === true;
    const what = isReplaced ? 'another secret, and then its APIs' : 'the secret that its APIs know it by';
    await confirm(context, `This gives the edge of ${environment} ${what}.`);
    const outcome = await (isReplaced ? renewEdgeSecret : giveEdgeItsSecret)(context, aws, { outputs });
    if (outcome === 'no edge') {
      const next = `set edge in terraform/environments/${environment}.tfvars, then make deploy ENV=${environment}`;
      throw new Stop(EXIT.missing, `There is no edge in ${environment}. Nothing was changed.`, { next });
    }
    if (outcome === 'never set') {
      const next = `make secrets ENV=${environment}`;
      throw new Stop(EXIT.missing, 'origin-secret was never set. Nothing was changed.', { next });
    }
    if (outcome === 'may not be read') {
      const what = 'These credentials may not read origin-secret. Nothing was changed.';
      throw new Stop(EXIT.failed, what, { next: 'use an operator’s credentials' });
    }
    print(`the edge's secret: ${outcome}`);
    if (outcome === 'as it was') return EXIT.done;
    say('Waiting until the edge lets requests through …');
    const { agent, oauth } = smokeUrls(outputs);
    if (await awaitEdge([agent, oauth])) return EXIT.done;
    throw new Stop(EXIT.failed, 'The edge has its secret, and the APIs do not answer through it.', {
      next: `make logs ENV=${environment} FN=agent SINCE=15m`,
    });
  },
});
