import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { VERSION } from '../src/cli/version.ts';

// Makes the MCP bundle (.mcpb) that Claude Desktop installs with a click: the npm package of the command, behind a manifest that asks for profile
// and region. The same commit makes the same bytes.

export const MCPB_MANIFEST = 'examples/ide/claude-desktop/manifest.json';
/** The oldest time that a zip can say. */
const EPOCH = new Date(1980, 0, 1);

/** `cli` is the folder of the built package. Answers the size in bytes. */
export function buildMcpb(cli: string, file: string): number {
  const manifest = JSON.parse(readFileSync(MCPB_MANIFEST, 'utf8')) as { readonly version: string };
  if (manifest.version !== VERSION)
    throw new Error(`${MCPB_MANIFEST} is of version ${manifest.version}, not ${VERSION}`);
  const files: Zippable = { 'manifest.json': new Uint8Array(readFileSync(MCPB_MANIFEST)) };
  const found = readdirSync(cli, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map(({ parentPath, name }) => join(parentPath, name).slice(join(cli, '/').length)).sort();
  for (const path of paths) files[`server/${path}`] = new Uint8Array(readFileSync(join(cli, path)));
  const zip = zipSync(files, { level: 9, mtime: EPOCH });
  writeFileSync(file, zip);
  return zip.length;
}
