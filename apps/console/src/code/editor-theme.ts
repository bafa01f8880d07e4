import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { alpha, type Palette } from '@mui/material/styles';
import { MONO } from '../theme.ts';

type Height = number | string | undefined;
const css = (height: Height): string => (typeof height === 'number' ? `${height}px` : (height ?? 'none'));

export const editorTheme = (palette: Palette, minHeight: Height, maxHeight: Height): Extension =>
  EditorView.theme(
    {
      '&': { color: palette.text.primary, backgroundColor: 'transparent', fontSize: '13px', maxHeight: css(maxHeight) },
      '&.cm-focused': { outline: 'none' },
      '&.cm-focused::after': {
        content: '""',
        position: 'absolute',
        inset: 0,
        border: `2px solid ${palette.primary.main}`,
        borderRadius: '5px',
        pointerEvents: 'none',
        zIndex: 300, // above the gutter
      },
      '.cm-scroller': { fontFamily: MONO, lineHeight: '1.6', overflow: 'auto' },
      '.cm-content, .cm-gutters': { minHeight: minHeight === undefined ? '0' : css(minHeight) },
      '.cm-content': { padding: '10px 0', caretColor: palette.primary.main },
      '.cm-line': { padding: '0 14px 0 8px' },
      '.cm-gutters': {
        backgroundColor: palette.background.paper, // code scrolls away beneath it
        border: 'none',
        color: alpha(palette.text.secondary, 0.75),
      },
      '.cm-gutter-lint': { width: '18px' },
      '.cm-gutter-lint .cm-gutterElement': { padding: '0 2px' },
      '.cm-activeLine': { backgroundColor: alpha(palette.primary.main, 0.06) },
      '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
        backgroundColor: alpha(palette.primary.main, 0.22),
      },
      '.cm-cursor': { borderLeftColor: palette.primary.main },
      '.cm-tooltip': {
        backgroundColor: palette.background.paper,
        color: palette.text.primary,
        border: `1px solid ${palette.divider}`,
        borderRadius: '6px',
        maxWidth: 'min(520px, 90vw)',
      },
      '.cm-tooltip-autocomplete ul li[aria-selected]': {
        backgroundColor: palette.primary.main,
        color: palette.primary.contrastText,
      },
      '.cm-diagnostic': { padding: '6px 10px', borderLeftWidth: '4px' },
      '.cm-diagnostic-error': { borderLeftColor: palette.error.main },
      '.cm-diagnostic-warning': { borderLeftColor: palette.warning.main },
      '.cm-diagnostic-info': { borderLeftColor: palette.info.main },
      '.cm-diagnosticSource': { opacity: 0.75 },
      '.cm-lintRange-error': { backgroundColor: alpha(palette.error.main, 0.14) },
      '.cm-lintRange-warning': { backgroundColor: alpha(palette.warning.main, 0.16) },
      '.cm-line.cm-missed': { opacity: 0.55 },
      '.cm-ran-gutter': { width: '16px', textAlign: 'center' },
      '.cm-ran-gutter .cm-ran-mark': { color: palette.success.main, fontWeight: 700 },
      '.cm-ran-gutter .cm-missed-mark': { color: palette.warning.main, fontWeight: 700 },
      '.cm-matchingBracket': { backgroundColor: alpha(palette.primary.main, 0.2) },
    },
    { dark: palette.mode === 'dark' },
  );

export function highlighting(palette: Palette): Extension {
  const quiet = palette.text.secondary;
  return syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: palette.secondary.main },
      { tag: [tags.string, tags.special(tags.string), tags.regexp], color: palette.success.main },
      { tag: [tags.number, tags.bool, tags.null, tags.atom], color: palette.warning.main },
      { tag: [tags.comment], color: quiet, fontStyle: 'italic' },
      { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: palette.info.main },
      { tag: [tags.typeName, tags.className, tags.namespace], color: palette.primary.main },
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: palette.text.primary },
      { tag: [tags.punctuation, tags.operator], color: quiet },
      { tag: tags.invalid, color: palette.error.main },
    ]),
  );
}
