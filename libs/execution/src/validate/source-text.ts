/** Offsets of one source text as 1-based lines and columns (UTF-16 units, as editors and V8 count). */
export class SourceText {
  readonly #lineStarts: number[] = [0];

  constructor(text: string) {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 13 && text.charCodeAt(at + 1) === 10) continue;
      if (unit === 10 || unit === 13 || unit === 0x2028 || unit === 0x2029) this.#lineStarts.push(at + 1);
    }
  }

  get lines(): number {
    return this.#lineStarts.length;
  }

  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }
}
