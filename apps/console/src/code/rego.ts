import { StreamLanguage } from '@codemirror/language';

const KEYWORDS = new Set([
  'package',
  'import',
  'if',
  'in',
  'some',
  'every',
  'not',
  'with',
  'as',
  'else',
  'default',
  'contains',
]);
const CONSTANTS = new Set(['true', 'false', 'null']);

/** Enough of Rego to tell words, texts, numbers and comments apart. */
export const rego = StreamLanguage.define<{ raw: boolean }>({
  name: 'rego',
  startState: () => ({ raw: false }),
  token(stream, state) {
    if (state.raw || stream.eat('`')) {
      state.raw = !stream.skipTo('`');
      if (state.raw) stream.skipToEnd();
      else stream.next();
      return 'string';
    }
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return 'comment';
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
    if (stream.match(/^\d+(\.\d+)?/)) return 'number';
    const word = stream.match(/^[A-Za-z_]\w*/);
    if (Array.isArray(word)) {
      const name = word[0] ?? '';
      return KEYWORDS.has(name) ? 'keyword' : CONSTANTS.has(name) ? 'atom' : 'variableName';
    }
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: '#' }, closeBrackets: { brackets: ['(', '[', '{', '"', '`'] } },
});
