import { Box, Typography } from '@mui/material';
import { alpha } from '@mui/material/styles';
import { diffLines } from 'diff';
import { MONO } from '../theme.ts';

/** How many unchanged lines stay around a change. */
const CONTEXT = 3;

interface Line {
  readonly sign: '+' | '-' | ' ' | '…';
  readonly text: string;
}

function linesOf(before: string, after: string): Line[] {
  const lines: Line[] = [];
  const parts = diffLines(before, after);
  parts.forEach((part, at) => {
    const texts = part.value.replace(/\n$/, '').split('\n');
    const sign = part.added ? '+' : part.removed ? '-' : ' ';
    if (sign !== ' ' || texts.length <= CONTEXT * 2 + 1) {
      lines.push(...texts.map((text): Line => ({ sign, text })));
      return;
    }
    const head = at === 0 ? [] : texts.slice(0, CONTEXT);
    const tail = at === parts.length - 1 ? [] : texts.slice(-CONTEXT);
    const left = texts.length - head.length - tail.length;
    lines.push(...head.map((text): Line => ({ sign, text })));
    if (left > 0) lines.push({ sign: '…', text: `${left} unchanged ${left === 1 ? 'line' : 'lines'}` });
    lines.push(...tail.map((text): Line => ({ sign, text })));
  });
  return lines;
}

export const toText = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);

/** The order of an object's fields says nothing, so it must not show as a difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]));
}

/** What changed between two values, line by line; told by sign as well as by colour. */
export function Diff({ before, after, label }: { before: unknown; after: unknown; label: string }) {
  const lines = linesOf(toText(sorted(before)), toText(sorted(after)));
  if (!lines.some((line) => line.sign === '+' || line.sign === '-'))
    return (
      <Typography variant="body2" color="textSecondary">
        Nothing differs.
      </Typography>
    );
  return (
    <Box
      role="figure"
      aria-label={label}
      tabIndex={0}
      sx={{
        border: 1,
        borderColor: 'divider',
        borderRadius: 1.5,
        bgcolor: 'background.paper',
        overflow: 'auto',
        maxHeight: 420,
        fontFamily: MONO,
        fontSize: 12.5,
        lineHeight: 1.65,
        py: 0.75,
      }}
    >
      <Box>
        {lines.map((line, at) => (
          <Box
            key={at}
            sx={(theme) => ({
              px: 1.5,
              whiteSpace: 'pre-wrap',
              overflowWrap: 'anywhere',
              pl: 4,
              textIndent: '-20px',
              color: line.sign === '…' ? 'text.secondary' : 'text.primary',
              bgcolor:
                line.sign === '+'
                  ? alpha(theme.palette.success.main, 0.14)
                  : line.sign === '-'
                    ? alpha(theme.palette.error.main, 0.12)
                    : 'transparent',
            })}
          >
            {line.sign} {line.text}
          </Box>
        ))}
      </Box>
    </Box>
  );
}
