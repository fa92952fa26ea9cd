import { writeFileSync } from 'node:fs';
import { createAwsClients } from './parts/aws.ts';
import { EXIT, runCommand } from './parts/command.ts';
import { planMarkdown } from './parts/plan-summary.ts';
import { BUNDLE_OPTION, buildBundle, preconditions } from './parts/preconditions.ts';
import { planAndShow } from './parts/service-plan.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform, type Root } from './parts/terraform.ts';

// `make plan`: what the next deploy would change, dangerous things first. It changes nothing.

await runCommand({
  name: 'plan',
  summary: 'Shows what a deploy would change, dangerous things first. Changes nothing.',
  options: {
    ...BUNDLE_OPTION,
    root: { type: 'string', value: 'service|foundation', help: 'which root (default: service)' },
    markdown: { type: 'string', value: 'FILE', help: 'write the summary there too, for a pull request' },
  },
  help: 'Exit code 0: nothing would change. 2: something would. (make itself answers 2 for every failure.)',
  run: async (context) => {
    const root = (context.options['root'] ?? 'service') as Root;
    if (root !== 'service' && root !== 'foundation') throw new Stop(EXIT.usage, 'The root is service or foundation.');
    const isService = root === 'service';
    await preconditions(createAwsClients, context.names, {
      terraform: true,
      foundation: true,
      bundle: isService && context.options['bundle'] !== true,
      variables: isService,
    });
    if (isService) await buildBundle(context);
    const terraform = createTerraform(context.environment, root);
    await terraform.init();
    const { changes, summary } = await planAndShow(context, terraform, { lock: false });
    const file = context.options['markdown'];
    if (typeof file === 'string') writeFileSync(file, planMarkdown(summary, `${root} of ${context.environment}`));
    if (changes) context.say(`Next: make deploy ENV=${context.environment}`);
    return changes ? EXIT.changes : EXIT.done;
  },
});
