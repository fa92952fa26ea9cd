import { EXIT, runCommand } from './parts/command.ts';
import { deployServers, NO_TRY_OPTION } from './parts/deploy-servers.ts';
import { buildServers, findServers } from './parts/servers.ts';

// `make deploy-gateway`: every server of the folder that is to be a function of its own, and the right to call exactly these for the MCP API.

await runCommand({
  name: 'deploy-gateway',
  summary:
    'Builds and deploys the servers of servers/ that are functions of their own; the MCP API may call exactly these.',
  options: {
    ...NO_TRY_OPTION,
    remove: { type: 'boolean', help: 'take all of them away, as before a destroy of the service' },
  },
  run: async (context) => {
    const { environment, options, say } = context;
    const servers = options['remove'] === true ? {} : await buildServers(findServers(), context);
    await deployServers(context, { servers });
    say(
      Object.keys(servers).length === 0
        ? 'No server is a function of its own now.'
        : `Next: make deploy ENV=${environment}: the MCP functions know the servers by the folder in their zip.`,
    );
    return EXIT.done;
  },
});
