import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// What the functions need to know of other MCP servers: the list, what was approved, and which folders there are. Their code goes into zips of
// their own (`build-server.ts`).

const LISTS = ['mcp.json', 'approved.json'];
/** By one of these a folder is known for a server (compose/believed-servers.ts). */
const MARKS = ['package.json', 'pyproject.toml', 'main.py'];

/** Paths as they stand in the zip. Nothing where there is no folder. */
export function serversFolder(root = 'servers'): Readonly<Record<string, Uint8Array>> {
  if (!existsSync(root)) return {};
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = [...LISTS, ...folders.flatMap(({ name }) => MARKS.map((mark) => join(name, mark)))];
  const files = paths.filter((path) => existsSync(join(root, path))).sort();
  return Object.fromEntries(
    files.map((path) => [
      `servers/${path}`,
      // A program's text has no business there; that it is there has.
      path.endsWith('.py') ? new Uint8Array() : new Uint8Array(readFileSync(join(root, path))),
    ]),
  );
}
