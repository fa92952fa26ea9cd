import type { Piece } from './terminal-screen.ts';

// A terminal's screen as an SVG: text that can be selected and read aloud, a few kilobytes.

const FONT = 14;
const CHARACTER = 8.43;
const LINE = 20;
const PADDING = 16;
const TOP = 38;

const COLOURS: Readonly<Record<string, string>> = {
  '': 'fill="#e8e6e1"',
  bold: 'fill="#ffffff" font-weight="700"',
  dim: 'fill="#a5adb8"',
  red: 'fill="#f0a08c"',
  green: 'fill="#7fd0b2"',
  yellow: 'fill="#f0d48c"',
  cyan: 'fill="#8cd0f0"',
};

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${String(character.codePointAt(0))};`);

function drawLine(pieces: readonly Piece[], index: number): string {
  const y = TOP + LINE * index + FONT;
  const spans = pieces.map(({ text, style }) => `<tspan ${COLOURS[style] ?? ''}>${escapeXml(text)}</tspan>`);
  return `<text x="${PADDING}" y="${y}">${spans.join('')}</text>`;
}

export interface TerminalPicture {
  readonly title: string;
  readonly columns: number;
  readonly lines: readonly (readonly Piece[])[];
}

export function drawTerminal({ title, columns, lines }: TerminalPicture): string {
  const width = Math.ceil(columns * CHARACTER + 2 * PADDING);
  const height = TOP + LINE * lines.length + PADDING;
  const buttons = [0, 1, 2].map((index) => `<circle cx="${20 + 18 * index}" cy="18" r="5" fill="#36404c"/>`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<rect width="${width}" height="${height}" rx="10" fill="#14181d"/>
${buttons}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT}" xml:space="preserve">
${lines.map(drawLine).join('\n')}
</g>
</svg>
`;
}
