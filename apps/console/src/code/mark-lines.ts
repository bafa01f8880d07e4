import { RangeSetBuilder, type Extension } from '@codemirror/state';
import { Decoration, EditorView, gutter, GutterMarker, type DecorationSet } from '@codemirror/view';

/** Line numbers from 1. */
export interface RunLines {
  readonly executed: readonly number[];
  readonly missed: readonly number[];
}

class Mark extends GutterMarker {
  readonly #sign: string;
  readonly #className: string;
  readonly #words: string;

  constructor(sign: string, className: string, words: string) {
    super();
    this.#sign = sign;
    this.#className = className;
    this.#words = words;
  }

  override toDOM(): Node {
    const mark = document.createElement('span');
    mark.className = this.#className;
    mark.textContent = this.#sign;
    mark.title = this.#words;
    return mark;
  }
}

const RAN = new Mark('✓', 'cm-ran-mark', 'This line ran');
const MISSED = new Mark('–', 'cm-missed-mark', 'This line did not run');
const FADED = Decoration.line({ class: 'cm-missed' });

/** A sign beside each line that ran or did not; those that did not are paler. */
export function markLines({ executed, missed }: RunLines): Extension {
  const [ran, not] = [new Set(executed), new Set(missed)];
  const faded = ({ state: { doc } }: EditorView): DecorationSet => {
    const builder = new RangeSetBuilder<Decoration>();
    for (const line of [...not].sort((a, b) => a - b))
      if (line <= doc.lines) builder.add(doc.line(line).from, doc.line(line).from, FADED);
    return builder.finish();
  };
  return [
    EditorView.decorations.of(faded),
    gutter({
      class: 'cm-ran-gutter',
      lineMarker(view, block) {
        const { number } = view.state.doc.lineAt(block.from);
        return ran.has(number) ? RAN : not.has(number) ? MISSED : null;
      },
    }),
  ];
}
