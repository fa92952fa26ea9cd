import { readFileSync } from 'node:fs';
import { createStdioServer } from '../adapters/stdio-server/handler.ts';
import { parseServerSettings } from '../adapters/stdio-server/settings.ts';

// Entry point `server.handler` of a zip of its own: one MCP server that speaks over standard streams, with its packages and `server.json` beside
// this file. It is no part of the other functions' zip.

const environment = process.env;
const folder = environment['LAMBDA_TASK_ROOT'] ?? process.cwd();

const server = createStdioServer({
  settings: parseServerSettings(readFileSync(`${folder}/server.json`, 'utf8')),
  folder,
  environment,
  writeLog: (line) => console.log(line),
  nowMs: () => Date.now(),
});

export const handler = server.handle;

await server.prepare();
