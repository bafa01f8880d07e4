import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { useTheme } from '@mui/material/styles';
import { useEffect, useEffectEvent, useImperativeHandle, useRef, type Ref } from 'react';
import { completeImports } from './complete-imports.ts';
import type { Importable } from './import-change.ts';
import { diagnosticsOf, type CodeFinding } from './diagnostics.ts';
import { markLines, type RunLines } from './mark-lines.ts';
import { rego } from './rego.ts';
import { editorTheme, highlighting } from './editor-theme.ts';

export interface CodeHandle {
  /** Puts the cursor there (both from 1) and shows it. */
  readonly goTo: (line: number, column?: number) => void;
  readonly replace: (text: string) => void;
  readonly text: () => string;
}

export interface CodeMirrorProps {
  readonly text: string;
  readonly label: string;
  /** Makes it an editor: called with each change. */
  readonly onChange?: (text: string) => void;
  readonly onRun?: () => void;
  readonly findings?: readonly CodeFinding[];
  readonly importables?: readonly Importable[];
  readonly minHeight?: number | string;
  readonly maxHeight?: number | string;
  readonly handle?: Ref<CodeHandle>;
  /** Of a run: which lines ran. */
  readonly lines?: RunLines;
  /** Of policies; TypeScript unless said. */
  readonly language?: 'rego';
}

const NO_FINDINGS: readonly CodeFinding[] = [];
const NOTHING_IMPORTABLE: readonly Importable[] = [];

export default function CodeMirror(props: CodeMirrorProps) {
  const {
    text,
    label,
    findings = NO_FINDINGS,
    importables = NOTHING_IMPORTABLE,
    minHeight,
    maxHeight,
    handle,
    language,
    lines,
  } = props;
  const editable = props.onChange !== undefined;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const looks = useRef<Compartment>(undefined);
  const marks = useRef<Compartment>(undefined);
  const { palette } = useTheme();
  const changed = useEffectEvent((next: string) => props.onChange?.(next));
  const run = useEffectEvent(() => props.onRun?.());
  const offered = useEffectEvent(() => importables);
  const first = useEffectEvent(() => ({
    text,
    look: [editorTheme(palette, minHeight, maxHeight), highlighting(palette)],
  }));

  useEffect(() => {
    if (!place.current) return undefined;
    const compartment = new Compartment();
    const marked = new Compartment();
    const begin = first();
    const editing: Extension[] = editable
      ? [
          keymap.of([{ key: 'Mod-Enter', run: () => (run(), true) }]),
          history(),
          indentOnInput(),
          closeBrackets(),
          highlightActiveLine(),
          autocompletion({ override: [completeImports(() => offered())] }),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
          }),
        ]
      : [EditorState.readOnly.of(true), EditorView.editable.of(false)];
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: begin.text,
        extensions: [
          ...editing,
          lineNumbers(),
          lintGutter(),
          bracketMatching(),
          indentUnit.of('  '),
          language === 'rego' ? rego : javascript({ typescript: true }),
          compartment.of(begin.look),
          marked.of([]),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        ],
      }),
    });
    view.current = editor;
    looks.current = compartment;
    marks.current = marked;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, [editable, label, language]);

  useEffect(() => {
    view.current?.dispatch({
      effects: looks.current?.reconfigure([editorTheme(palette, minHeight, maxHeight), highlighting(palette)]) ?? [],
    });
  }, [palette, minHeight, maxHeight]);

  useEffect(() => {
    const editor = view.current;
    if (editor && !editable && editor.state.doc.toString() !== text)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text, editable]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(editor.state.doc, findings)));
  }, [findings, text]);

  useEffect(() => {
    view.current?.dispatch({ effects: marks.current?.reconfigure(lines ? markLines(lines) : []) ?? [] });
  }, [lines, text]);

  useImperativeHandle(handle, () => ({
    goTo: (line, column = 1) => {
      const editor = view.current;
      if (!editor) return;
      const found = editor.state.doc.line(Math.min(Math.max(line, 1), editor.state.doc.lines));
      const anchor = Math.min(found.from + Math.max(column - 1, 0), found.to);
      editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      editor.focus();
    },
    replace: (next) => {
      const editor = view.current;
      editor?.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: next } });
    },
    text: () => view.current?.state.doc.toString() ?? '',
  }));

  return <div ref={place} data-testid="code" />;
}
