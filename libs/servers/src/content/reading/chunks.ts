import type { Section } from './extract.ts';

export interface Chunk {
  /** The page's title and the headings that it begins under. */
  readonly heading: string;
  readonly text: string;
  readonly tokens: number;
}

/** About what an embedding takes in well; and a passage that a reader understands by itself. */
const MOST_TOKENS = 350;
const OVERLAP_TOKENS = 40;
/** A section that is smaller goes together with the next one. */
const LEAST_TOKENS = 60;
const MOST_CHUNKS = 300;
const PIECE_CHARS = 1_000;

/**
 * Passages of at most 350 tokens. They end where a section does, else where a paragraph or a sentence does; one that goes
 * on begins with the last words (up to 40 tokens) of the one before.
 */
export function chunksOf(title: string, sections: readonly Section[], count: (text: string) => number): Chunk[] {
  const chunks: Chunk[] = [];
  let heading = '';
  let parts: string[] = [];
  let tokens = 0;
  /** What is only repeated from before makes no chunk. */
  let fresh = 0;
  const emit = (): void => {
    if (fresh > 0 && chunks.length < MOST_CHUNKS)
      chunks.push({ heading: [title, heading].filter(Boolean).join(' › '), text: parts.join('\n'), tokens });
    parts = [];
    tokens = 0;
    fresh = 0;
  };
  for (const section of sections) {
    if (tokens >= LEAST_TOKENS) emit();
    if (fresh === 0 || heading === '') heading = section.heading;
    else if (section.heading !== '') parts.push(section.heading);
    for (const piece of section.paragraphs.flatMap((paragraph) => piecesOf(paragraph, count))) {
      const size = count(piece);
      if (tokens + size > MOST_TOKENS && fresh > 0) {
        const tail = tailOf(parts.at(-1) ?? '', count);
        emit();
        if (tail.tokens + size <= MOST_TOKENS && tail.text !== '') {
          parts = [tail.text];
          tokens = tail.tokens;
        }
      }
      parts.push(piece);
      tokens += size;
      fresh += size;
    }
  }
  emit();
  return chunks;
}

/** The paragraph itself, or its sentences where it is too long, or pieces of those. */
function piecesOf(paragraph: string, count: (text: string) => number): string[] {
  if (paragraph.length <= PIECE_CHARS && count(paragraph) <= MOST_TOKENS) return [paragraph];
  const sentences = paragraph.split(/(?<=[.!?…。！？])\s+/u);
  const pieces: string[] = [];
  for (const sentence of sentences)
    for (let at = 0; at < sentence.length; at += PIECE_CHARS) pieces.push(sentence.slice(at, at + PIECE_CHARS));
  return pieces.flatMap((piece) => (count(piece) <= MOST_TOKENS ? [piece] : halves(piece, count)));
}

function halves(piece: string, count: (text: string) => number): string[] {
  const middle = Math.ceil(piece.length / 2);
  return [piece.slice(0, middle), piece.slice(middle)].flatMap((half) =>
    count(half) <= MOST_TOKENS || half.length < 50 ? [half] : halves(half, count),
  );
}

/** The last sentence, or the last words of it. */
function tailOf(text: string, count: (text: string) => number): { text: string; tokens: number } {
  const words = (text.split(/(?<=[.!?…。！？])\s+/u).at(-1) ?? '').split(' ');
  for (let from = Math.max(0, words.length - OVERLAP_TOKENS); from < words.length; from += 5) {
    const tail = words.slice(from).join(' ');
    const tokens = count(tail);
    if (tokens <= OVERLAP_TOKENS) return { text: tail, tokens };
  }
  return { text: '', tokens: 0 };
}
