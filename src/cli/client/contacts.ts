import * as z from 'zod';
import { callApi, type Endpoint } from './api.ts';

// Whom the agent knows by name, at the Agent API.

const contactList = z.object({ contacts: z.array(z.looseObject({ name: z.string(), address: z.string() })) });
export type Contact = z.infer<typeof contactList>['contacts'][number];

export async function listContacts(agent: Endpoint): Promise<readonly Contact[]> {
  return (await callApi(agent, { method: 'GET', path: '/contacts' }, contactList)).contacts;
}
