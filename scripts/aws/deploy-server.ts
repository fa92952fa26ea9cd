import { EXIT, runCommand } from './parts/command.ts';
import { deployServers, NO_TRY_OPTION } from './parts/deploy-servers.ts';
import { buildServers, findServers } from './parts/servers.ts';
import { Stop } from './parts/stop.ts';

// `make deploy-server`: one server as a function of its own, for callers who sign by SigV4. Whom you let call it is yours to say.

await runCommand({
  name: 'deploy-server',
  summary: 'Builds and deploys one server of servers/ as a function of its own, behind a URL that asks for signatures.',
  positionals: 'NAME',
  options: NO_TRY_OPTION,
  help: 'Nobody may call it until a role or user has the policy that `callers_policies` of terraform/gateway tells.',
  run: async (context) => {
    const [name, ...rest] = context.positionals;
    if (name === undefined || rest.length > 0) {
      throw new Stop(EXIT.usage, 'Which server?', { next: `make deploy-server NAME=time ENV=${context.environment}` });
    }
    const servers = await buildServers(findServers(name), context);
    await deployServers(context, { servers, only: name });
    return EXIT.done;
  },
});
