import type { AppError } from '../../kernel/app-error.ts';
import type { DoorConnection } from './door-connection.ts';

// In the place of servers whose settings make no sense: whatever is asked of it, it says what is wrong with them. A client shows the words of an answer;
// of a process that ended at once it shows that it ended.

export function createBrokenDoor(fault: AppError): DoorConnection {
  const fail = async (): Promise<never> => {
    throw fault;
  };
  return {
    name: 'sallyport',
    identify: fail,
    listTools: fail,
    callTool: fail,
    ask: fail,
    onNotification() {},
    async close() {},
  };
}
