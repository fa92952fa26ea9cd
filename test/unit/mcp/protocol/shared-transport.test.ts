import { describe, expect, it } from '@jest/globals';
import { SharedTransport } from '../../../../src/mcp/protocol/shared-transport.ts';

const request = (id: string | number) => ({ jsonrpc: '2.0' as const, id, method: 'tools/call' });

/** A transport with a hand-worked server behind it: each delivered id, and a way to answer it. */
function connect(era: 'modern' | 'legacy' = 'modern') {
  const transport = new SharedTransport<string>(era === 'modern' ? { era, revision: '2026-07-28' } : { era });
  const ids: (string | number)[] = [];
  transport.onmessage = (message) => {
    if ('id' in message && message.id !== undefined) ids.push(message.id);
  };
  const fail = (id: string | number, code: number) =>
    transport.send({ jsonrpc: '2.0', id, error: { code, message: 'no' } });
  return { transport, ids, fail };
}

describe('the shared transport', () => {
  it('gives each request an id of its own and each answer the caller’s', async () => {
    const { transport, ids } = connect();
    const answers = [transport.deliver(request('same'), 'a'), transport.deliver(request('same'), 'b')];
    expect(new Set(ids).size).toBe(2);
    const scopes = ids.map((id) => transport.exchange(id).scope);
    for (const id of [...ids].reverse()) await transport.send({ jsonrpc: '2.0', id, result: { for: id } });
    const messages = (await Promise.all(answers)).map((answer) => answer.message);
    expect(scopes).toEqual(['a', 'b']);
    expect(messages).toEqual(ids.map((id) => ({ jsonrpc: '2.0', id: 'same', result: { for: id } })));
  });

  it('settles an exchange once; what comes later, or for nobody, is dropped', async () => {
    const { transport, ids } = connect();
    const answer = transport.deliver(request(1), 'a');
    const [id = 0] = ids;
    await transport.send({ jsonrpc: '2.0', id, result: { first: true } });
    await transport.send({ jsonrpc: '2.0', id, result: { second: true } });
    await transport.send({ jsonrpc: '2.0', id: 999, result: {} });
    await transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: {} });
    await transport.send({ jsonrpc: '2.0', id, method: 'elicitation/create' });
    expect((await answer).message).toEqual({ jsonrpc: '2.0', id: 1, result: { first: true } });
    expect(() => transport.exchange(id)).toThrow();
  });

  it('gives the statuses of the revision to errors before a handler runs, and 200 to those after', async () => {
    const early = async (code: number) => {
      const { transport, fail } = connect();
      transport.onmessage = (message) => {
        if ('id' in message && message.id !== undefined) void fail(message.id, code);
      };
      return (await transport.deliver(request(1), 'a')).status;
    };
    const late = async (code: number, era: 'modern' | 'legacy' = 'modern') => {
      const { transport, ids, fail } = connect(era);
      const answer = transport.deliver(request(1), 'a');
      await fail(ids[0] ?? 0, code);
      return (await answer).status;
    };
    expect(await Promise.all([-32601, -32600, -32022, -32602].map(early))).toEqual([404, 400, 400, 200]);
    expect(await Promise.all([-32601, -32602, -32603, -32021].map((code) => late(code)))).toEqual([200, 200, 200, 400]);
    expect(await late(-32021, 'legacy')).toBe(200);
  });

  it('lets a handler set status and headers', async () => {
    const { transport, ids, fail } = connect('legacy');
    const answer = transport.deliver(request(1), 'a');
    const exchange = transport.exchange(ids[0] ?? 0);
    exchange.status = 403;
    exchange.headers = { 'www-authenticate': 'Bearer' };
    await fail(ids[0] ?? 0, -32000);
    expect(await answer).toMatchObject({ status: 403, headers: { 'www-authenticate': 'Bearer' } });
  });

  it('rejects when the server behind it breaks, and keeps nothing open', async () => {
    const { transport } = connect();
    let id: string | number = 0;
    transport.onmessage = (message) => {
      id = 'id' in message ? (message.id ?? 0) : 0;
      throw new Error('broken');
    };
    await expect(transport.deliver(request(1), 'a')).rejects.toThrow('broken');
    expect(() => transport.exchange(id)).toThrow();
  });
});
