import { buildCli } from './build-cli.ts';
import { buildMcpb } from './build-mcpb.ts';

// `make mcpb`: the bundle for Claude Desktop, into dist/.

const FILE = 'dist/sallyport.mcpb';
await buildCli('dist/cli');
const bytes = buildMcpb('dist/cli', FILE);
console.log(`${FILE}: ${(bytes / 1e6).toFixed(1)} MB. Open it with Claude Desktop.`);
