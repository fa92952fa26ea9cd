import { visible } from '../../cli/visible.ts';

// Elements out of plain values. There is no way here to make markup out of text: whatever a model, a tool or a calendar says is shown as its
// characters, and those that could hide or reorder others are spelled out.

export type Child = Node | string | undefined;
export type Attributes = Readonly<Record<string, string | undefined>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, visible(value));
  }
  fill(made, ...children);
  return made;
}

/** Puts these children in the place of those there are. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(
    ...children
      .filter((child) => child !== undefined)
      .map((child) => (typeof child === 'string' ? visible(child) : child)),
  );
}

export function button(label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** A link that opens beside this page and tells that page nothing about it. Anything but a web address becomes plain text. */
export function outsideLink(label: string, url: string, attributes: Attributes = {}): HTMLElement {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') return element('span', {}, label);
  return element('a', { ...attributes, href: parsed.href, target: '_blank', rel: 'noopener noreferrer' }, label);
}
