import type { ServerLook, ServerLooks } from '../../compose/server-looks.ts';
import { AppError } from '../../kernel/app-error.ts';
import { bad, type Finding, mind, ok } from '../finding.ts';
import { faultsOf, folderFaults, newTools, type ServerFault } from './server-state.ts';

// A look at every server of the folder, as findings: for `sallyport servers check` and `sallyport doctor`.

const asFinding = ({ name, message, mend }: ServerFault): Finding => bad(`${name}: ${message}`, mend);

const plural = (count: number): string => `${count} tool${count === 1 ? '' : 's'}`;

function examine(look: ServerLook): readonly Finding[] {
  const { server, present, offer } = look;
  const { name } = server.config;
  const faults = faultsOf(look).map(asFinding);
  if (present === undefined) return faults;
  const approved = offer.filter(({ state }) => state === 'approved').length;
  const answers = ok(`The server ${name} answers, revision ${present.revision}: ${plural(approved)} as approved`);
  const more = server.approved === undefined ? 0 : newTools(look).length;
  const unseen =
    more === 0
      ? []
      : [mind(`The server ${name} has ${plural(more)} that nobody approved`, `sallyport servers diff ${name}`)];
  return [answers, ...faults, ...unseen];
}

export async function examineServers(looks: ServerLooks): Promise<readonly Finding[]> {
  const found = await Promise.all(looks.servers.map((server) => looks.look(server)));
  return [...folderFaults(looks.faults).map(asFinding), ...found.flatMap(examine)];
}

/** What stands in the folder, with nobody started or asked. */
function examineUnasked(looks: ServerLooks): readonly Finding[] {
  const found = looks.servers.map((server) => looks.unasked(server));
  const faults = [...folderFaults(looks.faults), ...found.flatMap(faultsOf)].map(asFinding);
  const approved = found.filter(({ server }) => server.approved !== undefined).length;
  const what = `${approved} of ${found.length} servers in ${looks.directory} approved; nobody asked them`;
  return [...faults, ...(approved === 0 ? [] : [mind(what, 'sallyport servers check')])];
}

/** Where the folder itself cannot be read, that is the finding. */
export async function examineFolder(open: () => ServerLooks, ask: boolean): Promise<readonly Finding[]> {
  try {
    const looks = open();
    try {
      return ask ? await examineServers(looks) : examineUnasked(looks);
    } finally {
      looks.close();
    }
  } catch (error) {
    if (error instanceof AppError) return [bad(error.message, 'mend the folder of servers (docs/adding-a-server.md)')];
    throw error;
  }
}
