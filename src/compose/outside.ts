import type { OutsideClientOptions } from '../adapters/http/outside-client.ts';
import type { OutsideClient } from '../ports/outside-client.ts';

// The one way outside, imported when somebody first goes there: node:https alone takes 16 ms of a cold start, and a request that is
// refused or asks for the list of tools never needs it.

export function composeOutsideClient(options: OutsideClientOptions): OutsideClient {
  let opened: Promise<OutsideClient> | undefined;
  const open = async (): Promise<OutsideClient> => {
    const { createOutsideClient } = await import('../adapters/http/outside-client.ts');
    return createOutsideClient(options);
  };
  return {
    send: async (request) => {
      opened ??= open();
      return (await opened).send(request);
    },
  };
}
