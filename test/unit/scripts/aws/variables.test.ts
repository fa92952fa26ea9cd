import { describe, expect, it } from '@jest/globals';
import { SECRET_FORMS } from '../../../../scripts/aws/parts/secret-forms.ts';
import { serviceValuesOf } from '../../../../scripts/aws/parts/variables.ts';

/** Names of the secrets that these values make needed, of those that are not needed without them. */
function neededBy(text: string): readonly string[] {
  const names = (values: string) => SECRET_FORMS.filter(serviceValuesOf(values).needs).map(({ name }) => name);
  const usual = new Set(names('store = "dynamodb"'));
  return names(`store = "dynamodb"\n${text}`).filter((name) => !usual.has(name));
}

describe('the secrets that an environment needs', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'golf at a service with a key',
      'toolsets = ["calendar", "golf"]\ntee_times = { key = true, url = "https://a.example" }',
      ['tee-times-key'],
    ],
    [
      'the same over several lines',
      'toolsets = [\n  "calendar",\n  "golf",\n]\n\ntee_times = {\n  key = true\n  url = "https://a.example"\n}\n',
      ['tee-times-key'],
    ],
    ['golf at a service without a key', 'toolsets = ["golf"]\ntee_times = { url = "https://a.example" }', []],
    [
      'golf on a sheet of one’s own, whatever else has a key',
      'toolsets = ["golf"]\ntee_times = {\n  courses = [{ id = "links" }]\n}\nother = {\n  key = true\n}\n',
      [],
    ],
    ['a key, but no golf', 'toolsets = ["calendar"]\ntee_times = { key = true, url = "https://a.example" }', []],
    ['push messages', 'toolsets = ["calendar", "notify"]', ['ntfy-topic']],
    [
      'push messages with a token',
      'toolsets = ["notify"]\nntfy = {\n  token = true\n}\n',
      ['ntfy-topic', 'ntfy-token'],
    ],
    ['a fallback over several lines', 'model_fallbacks = [\n  "anthropic:claude",\n]', ['anthropic-api-key']],
    ['servers that want a proof', 'servers = { secrets = true }', ['server-secrets']],
  ])('%s', (_what, text, needed) => {
    expect(neededBy(text)).toEqual(needed);
  });
});
