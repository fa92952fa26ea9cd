// A server over standard streams that misbehaves on demand, and tells of its surroundings.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });

process.stdout.write('A greeting that is no message\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    say({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: { listChanged: true }, logging: {} }, serverInfo: { name: 'odd', version: '1' } } });
  } else if (method === 'tools/list') {
    say({ method: 'notifications/message', params: { level: 'info', data: 'unasked' } });
    say({ id: 'of-the-server', method: 'sampling/createMessage', params: {} });
    say({ id, result: { tools: [] } });
  } else if (method === 'tools/call') {
    const { name } = params;
    if (name === 'environment') say({ id, result: text(process.env) });
    else if (name === 'pids') {
      const grandchild = spawn('sleep', ['600'], { stdio: 'ignore' });
      say({ id, result: text([process.pid, grandchild.pid]) });
    } else if (name === 'die') process.exit(7);
    else if (name === 'refuse') say({ id, error: { code: -32602, message: 'No such tool' } });
    else if (name === 'talk') {
      process.stderr.write(`${params.arguments.word}\n`);
      say({ id, result: text('said') });
    } else if (name === 'params') say({ id, result: text(params) });
    // `hang`: nothing at all.
  }
}
