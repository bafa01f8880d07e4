/** A token that has begun at the end of a piece, and may go on in the next. */
const UNFINISHED = /\[(?:[A-Z]{0,20}|[A-Z]{2,20}_\d{0,9})$/;

/** Puts tokens back in a text that comes in pieces: what may be the beginning of one is held until the rest has come. */
export interface StreamRestorer {
  /** What of the text so far can be shown now. */
  push(piece: string): string;
  /** What was held, when nothing follows. */
  end(): string;
}

export function createStreamRestorer(putBack: (text: string) => string): StreamRestorer {
  let held = '';
  return {
    push(piece) {
      const text = held + piece;
      const begun = UNFINISHED.exec(text);
      held = begun ? begun[0] : '';
      return putBack(begun ? text.slice(0, begun.index) : text);
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
