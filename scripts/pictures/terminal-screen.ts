// What a terminal shows after everything that a program wrote to it, as far as our command and readline write: text, line ends, a cursor that moves
// within its line, erasing, and the styles of SGR (ECMA-48 §8.3.117). Anything else fails, so that no picture shows what no terminal would.

export interface Piece {
  readonly text: string;
  readonly style: string;
}

interface Cell {
  readonly character: string;
  readonly style: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it reads
const SEQUENCE = /\u001b\[([\d;?]*)([A-Za-z])|\r|\n|[^\u001b]/gu;

const STYLES: Readonly<Record<string, string>> = {
  '1': 'bold',
  '2': 'dim',
  '31': 'red',
  '32': 'green',
  '33': 'yellow',
  '36': 'cyan',
};
const ENDS: readonly string[] = ['', '0', '22', '39'];

/** Lines as pieces of one style each, wrapped at `columns`. */
export function readScreen(output: string, columns: number): readonly (readonly Piece[])[] {
  const lines: Cell[][] = [[]];
  let column = 0;
  let style = '';
  const line = (): Cell[] => lines.at(-1) ?? [];
  const nextLine = (): void => {
    lines.push([]);
    column = 0;
  };
  function put(character: string): void {
    if (column >= columns) nextLine();
    const cells = line();
    while (cells.length < column) cells.push({ character: ' ', style: '' });
    cells[column] = { character, style };
    column += 1;
  }
  function obey(parameters: string, command: string): void {
    if (command === 'G') column = Number(parameters || '1') - 1;
    else if (command === 'J' || command === 'K') line().length = Math.min(line().length, column);
    else if (command === 'C') column += Number(parameters || '1');
    else if (command === 'm') {
      for (const code of parameters.split(';')) {
        const known = STYLES[code];
        if (known === undefined && !ENDS.includes(code)) throw new Error(`a style this does not draw: ${code}`);
        style = known ?? '';
      }
    } else if (!parameters.startsWith('?')) throw new Error(`a sequence this does not draw: ${parameters}${command}`);
  }
  for (const [all, parameters, command] of output.matchAll(SEQUENCE)) {
    if (command !== undefined) obey(parameters ?? '', command);
    else if (all === '\r') column = 0;
    else if (all === '\n') nextLine();
    else put(all);
  }
  return lines.map(joinCells);
}

function joinCells(cells: readonly Cell[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const { character, style } of cells) {
    const last = pieces.at(-1);
    if (last?.style === style) pieces[pieces.length - 1] = { text: last.text + character, style };
    else pieces.push({ text: character, style });
  }
  return pieces;
}
