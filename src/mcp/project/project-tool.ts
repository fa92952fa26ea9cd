import { optionalText } from '../tools/arguments.ts';
import type { Tool, ToolDeclaration } from '../tools/tool.ts';
import { findService, type Project, type ProjectService, RESOURCE_KINDS } from './project-map.ts';

// `project_resources`: the map of the project's own resources, for models whose client shows them no MCP resources.

const TEXT = { type: 'string' } as const;

const declaration: ToolDeclaration = {
  name: 'project_resources',
  title: 'What this project runs on',
  description:
    'The services of this project (sallyport.json) by the names that people use, and what each is on AWS: cluster, service, log group and the rest.',
  inputSchema: {
    type: 'object',
    properties: { name: { ...TEXT, maxLength: 100, description: 'One service; all when left out.' } },
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      region: TEXT,
      services: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: TEXT,
            aliases: { type: 'array', items: TEXT },
            region: TEXT,
            account: TEXT,
            ...Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, TEXT])),
          },
          required: ['name'],
          additionalProperties: false,
        },
      },
    },
    required: ['services'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scopes: ['project.read'],
  toolset: 'project',
};

/** The project as the file says now; rejects with AppError `invalid_request` and what is wrong with the file. */
export type ReadProject = () => Project;

function inWords(services: readonly (readonly [string, ProjectService])[]): string {
  return services
    .map(([name, own]) => {
      const parts = RESOURCE_KINDS.flatMap((kind) => (own[kind] === undefined ? [] : [`${kind} ${own[kind]}`]));
      return `${name}: ${parts.join(', ') || 'nothing named'}`;
    })
    .join('\n');
}

export function createProjectTool(readProject: ReadProject): Tool {
  return {
    declaration,
    run: async (args) => {
      const project = readProject();
      const name = optionalText(args, 'name');
      const one = name === undefined ? undefined : findService(project, name);
      if (name !== undefined && one === undefined) {
        const names = Object.keys(project.services).join(', ') || 'none yet';
        return { isError: true, code: 'not_found', text: `sallyport.json knows no "${name}". It knows: ${names}.` };
      }
      const services = one === undefined ? Object.entries(project.services) : [one];
      return {
        structuredContent: {
          ...(project.region !== undefined && { region: project.region }),
          services: services.map(([own, entry]) => ({ name: own, ...entry })),
        },
        text: inWords(services) || 'sallyport.json names no services yet.',
      };
    },
  };
}
