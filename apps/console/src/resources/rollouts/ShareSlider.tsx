import { Box, Button, Slider, Typography } from '@mui/material';
import { useState } from 'react';
import { useApi } from '../../api/use-api.ts';
import { formatCount } from '../../format.ts';
import { useNow } from '../../ui/use-now.ts';
import { TrafficDocument, type Rollout } from './queries.ts';
import { formatBasisPoints } from './words.ts';

const DAY_MS = 86_400_000;

/** Conversations a day of this attempt, as far as it can be told: measured units by the share that both bands had. */
function usePerDay(rollout: Rollout): number | undefined {
  const { data } = useApi(TrafficDocument, { id: rollout.id });
  const now = useNow();
  const startedAt = rollout.stepStartedAt ?? rollout.startedAt;
  const treatment = data?.experiment.arms.find(({ band }) => band === 'treatment')?.units ?? 0;
  if (treatment < 20 || startedAt == null || rollout.shareBasisPoints === 0 || rollout.startedAt == null)
    return undefined;
  const days = Math.max((now - new Date(rollout.startedAt).getTime()) / DAY_MS, 1 / 24);
  return treatment / days / (rollout.shareBasisPoints / 10_000);
}

interface Props {
  readonly rollout: Rollout;
  readonly onMove: (shareBasisPoints: number, words: string) => void;
}

/** Moves the share by hand, past the plan's gates. */
export function ShareSlider({ rollout, onMove }: Props) {
  const [wanted, setWanted] = useState(rollout.shareBasisPoints);
  const perDay = usePerDay(rollout);
  const difference = wanted - rollout.shareBasisPoints;
  const moved = perDay === undefined ? undefined : Math.round((Math.abs(difference) / 10_000) * perDay);
  const words =
    difference === 0
      ? 'Move the slider to another share.'
      : moved === undefined
        ? `${difference > 0 ? 'More' : 'Fewer'} conversations get code. How many a day cannot be told yet: too few were seen.`
        : `About ${formatCount(moved)} ${difference > 0 ? 'more' : 'fewer'} conversations a day get code, at the traffic of this rollout so far.`;
  return (
    <Box sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Slider
        value={wanted}
        min={0}
        max={10_000}
        step={50}
        onChange={(_, value) => setWanted(value as number)}
        valueLabelDisplay="auto"
        valueLabelFormat={formatBasisPoints}
        marks={[0, 1_000, 2_500, 5_000, 10_000].map((value) => ({ value, label: formatBasisPoints(value) }))}
        aria-label="Share of conversations"
        sx={{ mx: 1, width: 'calc(100% - 16px)' }}
      />
      <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>
        {words}
      </Typography>
      <Button
        variant="contained"
        disabled={difference === 0}
        onClick={() => onMove(wanted, words)}
        data-testid="move-share"
        sx={{ justifySelf: 'start' }}
      >
        Move to {formatBasisPoints(wanted)}
      </Button>
    </Box>
  );
}
