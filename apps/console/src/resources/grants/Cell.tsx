import { Box } from '@mui/material';
import { memo } from 'react';
import type { Effect, InForce } from './effect.ts';

const CHECK = 'M3 8.5 6.5 12 13 4.5';
const CROSS = 'M4 4l8 8M12 4l-8 8';

function Glyph({ path, dashed }: { path: string; dashed?: boolean }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth={dashed ? 1.6 : 2.4}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

interface Props {
  readonly explicit: Effect | undefined;
  readonly effect: Effect;
  readonly inherited: boolean;
  readonly by: string;
  readonly changed: boolean;
  readonly editable: boolean;
  readonly subject: string;
  readonly target: string;
  readonly onCycle: () => void;
}

const words = (explicit: Effect | undefined): string =>
  explicit === undefined ? 'not set' : explicit === 'allow' ? 'allowed here' : 'denied here';

function sentence({ explicit, effect, by, subject, target }: Props): string {
  const now = by === '' ? 'denied, as nobody has granted it' : `${effect === 'allow' ? 'allowed' : 'denied'} by ${by}`;
  return `${subject}, ${target}: ${words(explicit)}; in force: ${now}`;
}

/**
 * One place of the matrix. Filled: set here. Pale: comes from a wider grant. A corner marks what is set here but does
 * not hold, because a deny elsewhere beats it; a ring what is changed and not saved.
 */
export const Cell = memo(
  function Cell(props: Props) {
    const { explicit, effect, by, changed, editable, onCycle } = props;
    const overruled = explicit === 'allow' && effect === 'deny';
    const label = sentence(props);
    return (
      <Box
        component="button"
        type="button"
        className="cell"
        data-explicit={explicit ?? 'inherit'}
        data-effect={by === '' ? 'none' : effect}
        data-changed={changed}
        data-overruled={overruled}
        aria-label={label}
        title={label}
        disabled={!editable}
        onClick={onCycle}
      >
        {(explicit ?? (by === '' ? undefined : effect)) === 'allow' ? (
          <Glyph path={CHECK} dashed={explicit === undefined} />
        ) : (explicit ?? (by === '' ? undefined : effect)) === 'deny' ? (
          <Glyph path={CROSS} dashed={explicit === undefined} />
        ) : (
          <span aria-hidden="true">–</span>
        )}
      </Box>
    );
  },
  (before, after) =>
    before.explicit === after.explicit &&
    before.effect === after.effect &&
    before.by === after.by &&
    before.changed === after.changed &&
    before.editable === after.editable &&
    before.target === after.target &&
    before.subject === after.subject,
);

export const inForceText = ({ by }: InForce): string => by.join(', ');
