// Replacing in a text that comes in pieces: what comes out is the same however it was cut. Let go is all that no further piece can change.

export interface Replacing {
  /** What is certain by now. */
  push(piece: string): string;
  /** The rest, once nothing more comes. */
  end(): string;
}

export interface Replacement {
  /** Global, and never matching nothing. It may look behind itself `PAST` characters far, and at one character behind its end. */
  readonly pattern: RegExp;
  /** What may yet become a match: reaches the end of the text. Global. */
  readonly begun: RegExp;
  readonly replace: (match: RegExpExecArray) => string;
}

/** For what looks behind: the longest scheme of a link, and the letter before it. */
const PAST = 32;

export function createReplacing({ replace, ...given }: Replacement): Replacing {
  // Of its own: where a search stands is kept in the expression, and `replace` may search by the same one.
  const [pattern, begun] = [new RegExp(given.pattern), new RegExp(given.begun)];
  let past = '';
  let held = '';

  function take(piece: string, isLast: boolean): string {
    const text = past + held + piece;
    let at = past.length;
    let certain = '';
    let hold = text.length;
    pattern.lastIndex = at;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      // One that reaches the end may go on.
      if (!isLast && pattern.lastIndex === text.length) {
        hold = match.index;
        break;
      }
      certain += text.slice(at, match.index) + replace(match);
      at = pattern.lastIndex;
    }
    if (!isLast && hold === text.length) {
      begun.lastIndex = at;
      hold = begun.exec(text)?.index ?? hold;
    }
    held = text.slice(hold);
    past = text.slice(Math.max(0, hold - PAST), hold);
    return certain + text.slice(at, hold);
  }

  return { push: (piece) => take(piece, false), end: () => take('', true) };
}

/** One behind the other. */
export function inTurn(steps: readonly Replacing[]): Replacing {
  return {
    push: (piece) => steps.reduce((text, step) => step.push(text), piece),
    end: () => steps.reduce((text, step) => step.push(text) + step.end(), ''),
  };
}
