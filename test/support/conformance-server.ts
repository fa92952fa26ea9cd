import type { HttpApp } from '../../src/ports/http.ts';
import { createConformanceTools } from './conformance-tools.ts';
import { type AppServer, startAppServer } from './http-app-server.ts';
import { createTestApp } from './mcp-app.ts';
import { createEchoTool, createNoteTool } from './mcp-tools.ts';

/** Our MCP app on plain loopback HTTP, with the tools that the suites look for; pages of its own origin may call it. */
export async function startConformanceServer(): Promise<AppServer> {
  let app: HttpApp | undefined;
  const server = await startAppServer(async (request) => {
    if (app === undefined) throw new Error('the app is not there yet');
    return app(request);
  });
  const { port } = new URL(server.url);
  const allowedOrigins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  const tools = [createEchoTool(), createNoteTool([]), ...createConformanceTools()];
  app = createTestApp({ tools, over: { allowedOrigins } }).app;
  return { ...server, url: `${server.url}/mcp` };
}
