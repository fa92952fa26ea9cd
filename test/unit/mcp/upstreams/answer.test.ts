import { describe, expect, it } from '@jest/globals';
import { toolResult } from '../../../../src/mcp/protocol/tool-result.ts';
import { translateAnswer } from '../../../../src/mcp/upstreams/answer.ts';

const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' };
const words = { type: 'text', text: 'Here it is.' };
const contentOf = (content: readonly Record<string, unknown>[]) =>
  toolResult(translateAnswer({ content, isError: false }), 'r', undefined).content;

describe('what another server answered', () => {
  it.each([
    ['a picture alone', [image]],
    ['words before a picture', [words, image]],
    ['words after a picture', [image, words]],
    ['words alone', [words]],
  ])('reaches a client as it was said: %s', (_what, content) => {
    expect(contentOf(content)).toEqual(content);
  });

  it('is an empty text where nothing was said', () => {
    expect(contentOf([])).toEqual([{ type: 'text', text: '' }]);
  });
});
