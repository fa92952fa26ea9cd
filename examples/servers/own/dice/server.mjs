import { randomInt } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

function createServer() {
  const server = new McpServer({ name: 'dice', version: '1.0.0' });
  server.registerTool(
    'roll',
    {
      title: 'Roll dice',
      description: 'Rolls dice and says what each one shows.',
      inputSchema: z.object({ dice: z.int().min(1).max(20), sides: z.int().min(2).max(100).default(6) }),
      outputSchema: z.object({ shown: z.array(z.int()) }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ dice, sides }) => {
      const shown = Array.from({ length: dice }, () => randomInt(1, sides + 1));
      return { content: [{ type: 'text', text: shown.join(', ') }], structuredContent: { shown } };
    },
  );
  return server;
}

serveStdio(createServer);
