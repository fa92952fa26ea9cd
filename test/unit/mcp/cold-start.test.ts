import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

// What a first request loads is what a cold start costs.

const run = promisify(execFile);
const support = new URL('../../support/', import.meta.url).href;

const SCRIPT = `
import { registerHooks } from 'node:module';
const touched = [];
for (const name of ['fetch', 'Request', 'Response', 'Headers', 'FormData']) {
  Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name); return class {}; } });
}
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
const { createTestApp, modernRequest, legacyRequest } = await import('${support}mcp-app.ts');
const { createEchoTool } = await import('${support}mcp-tools.ts');
const { app } = createTestApp({ tools: [createEchoTool()] });
const ajv = () => loaded.some((url) => url.includes('/node_modules/ajv/'));
const statuses = [];
for (const request of [modernRequest('server/discover'), modernRequest('tools/list'), legacyRequest('tools/list')]) {
  statuses.push((await app(request)).status);
}
const before = ajv();
statuses.push((await app(modernRequest('tools/call', { name: 'echo', arguments: { text: 'x' } }))).status);
console.log(JSON.stringify({ touched, statuses, ajvBeforeCall: before, ajvAfterCall: ajv() }));
`;

it('serves without touching fetch or its classes, and loads ajv at the first validation only', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', SCRIPT], { timeout: 15_000 });
  expect(JSON.parse(stdout)).toEqual({
    touched: [],
    statuses: [200, 200, 200, 200],
    ajvBeforeCall: false,
    ajvAfterCall: true,
  });
});
