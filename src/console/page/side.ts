import type { Api } from './api.ts';
import { type Child, element, fill, outsideLink } from './dom.ts';
import { listOf, membersOf, textOf } from './shapes.ts';

// What stands beside the conversation: the pages where the person decides, and the tools the agent may use for them.

/** The person's own pages are at the OAuth API, which this page's token cannot speak to. */
export function createPageLinks(oauthUrl: string | undefined): HTMLElement | undefined {
  if (oauthUrl === undefined) return undefined;
  const item = (label: string, path: string): HTMLElement =>
    element('li', {}, outsideLink(label, `${oauthUrl}${path}`));
  return element(
    'nav',
    { 'aria-label': 'Your pages' },
    element('h2', {}, 'Yours to decide'),
    element(
      'ul',
      { class: 'plain links' },
      item('Connections and grants', '/'),
      item('Questions for you', '/approvals'),
      item('Connect Google', '/connect/google'),
    ),
    element('p', { class: 'soft' }, 'These open beside this page, where only you can answer.'),
  );
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly writes: boolean;
}

const readTool = (tool: Readonly<Record<string, unknown>>): Tool => ({
  name: textOf(tool['name']),
  title: textOf(tool['title']) || textOf(tool['name']),
  writes: tool['writes'] !== false,
});

/** Empty when they cannot be listed: the conversation works without. */
export async function listTools(api: Api): Promise<readonly Tool[]> {
  const answer = await api.json('GET', '/api/tools/fetch').catch(() => undefined);
  return listOf(membersOf(answer)['tools'], readTool);
}

export function drawTools(place: HTMLElement, tools: readonly Tool[]): void {
  const item = ({ title, name, writes }: Tool): Child =>
    element(
      'li',
      {},
      `${title} `,
      element('span', { class: 'soft' }, element('code', {}, name), writes ? ', with your yes' : ', only reads'),
    );
  fill(
    place,
    element('summary', {}, `Tools (${tools.length})`),
    element('ul', { class: 'plain tools' }, ...tools.map(item)),
  );
  place.hidden = tools.length === 0;
}
