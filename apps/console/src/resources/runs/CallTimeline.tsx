import { Box, Button, ButtonBase, Collapse, Typography } from '@mui/material';
import { alpha, type Theme } from '@mui/material/styles';
import { useState } from 'react';
import { JsonView } from '../../code/JsonView.tsx';
import { formatBytes, formatDuration, formatShort } from '../../format.ts';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { MONO } from '../../theme.ts';
import type { Call } from './queries.ts';
import { timeAxis, type Span } from './time-axis.ts';

const SHOWN = 60;

const toneOf = (status: string): 'success' | 'warning' | 'error' | 'secondary' =>
  status === 'ok'
    ? 'success'
    : status === 'denied'
      ? 'warning'
      : status === 'timeout' || status === 'cancelled'
        ? 'secondary'
        : 'error';

function Axis({ ticks }: { ticks: readonly { readonly at: number; readonly label: string }[] }) {
  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr', sm: '220px 1fr 84px', md: '320px 1fr 84px' },
        px: 2,
        pt: 1,
      }}
      aria-hidden="true"
    >
      <Box sx={{ display: { xs: 'none', sm: 'block' } }} />
      <Box sx={{ position: 'relative', height: 18 }}>
        {ticks.map((tick, index) => (
          <Typography
            key={tick.at}
            variant="caption"
            color="textSecondary"
            sx={{
              position: 'absolute',
              left: `${tick.at}%`,
              transform: index === 0 ? 'none' : tick.at > 93 ? 'translateX(-100%)' : 'translateX(-50%)',
              fontSize: 11,
              whiteSpace: 'nowrap',
            }}
          >
            {tick.label}
          </Typography>
        ))}
      </Box>
    </Box>
  );
}

function Bar({ call, span, ticks }: { call: Call; span: Span; ticks: readonly { readonly at: number }[] }) {
  const tone = toneOf(call.status);
  return (
    <Box sx={{ position: 'relative', height: 22, alignSelf: 'center', gridColumn: { xs: '1 / -1', sm: 'auto' } }}>
      {ticks.map((tick) => (
        <Box
          key={tick.at}
          sx={{
            position: 'absolute',
            left: `${tick.at}%`,
            top: -8,
            bottom: -8,
            borderLeft: 1,
            borderColor: 'divider',
            opacity: 0.7,
          }}
        />
      ))}
      <Box
        sx={(theme: Theme) => ({
          position: 'absolute',
          top: 3,
          height: 16,
          left: `${span.left}%`,
          width: `max(${span.width}%, 4px)`,
          borderRadius: '4px',
          bgcolor: alpha(theme.palette[tone].main, theme.palette.mode === 'dark' ? 0.6 : 0.75),
          border: `1px solid ${theme.palette[tone].main}`,
          ...(call.status === 'denied'
            ? {
                backgroundImage: `repeating-linear-gradient(45deg, transparent 0 4px, ${alpha(theme.palette.background.paper, 0.55)} 4px 7px)`,
              }
            : {}),
        })}
      />
    </Box>
  );
}

function CallDetail({ call }: { call: Call }) {
  return (
    <Box
      sx={{
        px: 2,
        pb: 2,
        display: 'grid',
        gap: 1.5,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
      }}
    >
      <Box>
        <Typography variant="caption" color="textSecondary">
          Arguments (masked)
        </Typography>
        <JsonView value={call.args} label={`arguments of call ${call.seq}`} />
      </Box>
      <Box>
        <Typography variant="caption" color="textSecondary">
          {call.error == null
            ? `Result (masked) · ${formatBytes(call.resultBytes)} · ${formatShort(call.resultTokens)} tokens`
            : 'Error'}
        </Typography>
        <JsonView
          value={call.error ?? call.result}
          label={`${call.error == null ? 'result' : 'error'} of call ${call.seq}`}
        />
      </Box>
    </Box>
  );
}

interface Props {
  readonly calls: readonly Call[];
  readonly startedAt: string;
  readonly durationMs: number | null | undefined;
}

/** All calls on one time axis: what ran side by side stands above one another. */
export function CallTimeline({ calls, startedAt, durationMs }: Props) {
  const [open, setOpen] = useState<string>();
  const [all, setAll] = useState(false);
  const axis = timeAxis(calls, startedAt, durationMs ?? 0);
  const shown = all ? calls : calls.slice(0, SHOWN);
  return (
    <Box data-testid="timeline">
      <Axis ticks={axis.ticks} />
      <Box component="ul" aria-label="Calls" sx={{ m: 0, p: 0, listStyle: 'none' }}>
        {shown.map((call, index) => {
          const isOpen = open === call.id;
          return (
            <Box component="li" key={call.id} sx={{ borderTop: 1, borderColor: 'divider' }}>
              <ButtonBase
                onClick={() => setOpen(isOpen ? undefined : call.id)}
                aria-expanded={isOpen}
                aria-label={`Call ${call.seq}: ${call.server}.${call.tool}, ${call.status}, ${formatDuration(call.durationMs)}`}
                sx={{
                  width: '100%',
                  display: 'grid',
                  gridTemplateColumns: { xs: 'minmax(0,1fr) auto', sm: '220px 1fr 84px', md: '320px 1fr 84px' },
                  alignItems: 'center',
                  columnGap: 0,
                  px: 2,
                  py: 0.75,
                  textAlign: 'left',
                  overflow: 'hidden',
                  '&:hover': { bgcolor: 'action.hover' },
                }}
              >
                <Box sx={{ minWidth: 0, pr: 1.5, display: 'flex', alignItems: 'center', gap: 1 }}>
                  <Typography component="span" noWrap sx={{ fontFamily: MONO, fontSize: 12.5, flex: { sm: 1 } }}>
                    <Box component="span" sx={{ color: 'text.secondary' }}>
                      {call.server}.
                    </Box>
                    {call.tool}
                  </Typography>
                  {call.status !== 'ok' && <StatusChip kind="call" value={call.status} />}
                </Box>
                <Typography
                  variant="caption"
                  sx={{ display: { xs: 'block', sm: 'none' }, fontVariantNumeric: 'tabular-nums' }}
                >
                  {formatDuration(call.durationMs)}
                </Typography>
                <Bar call={call} span={axis.spans[index] ?? { left: 0, width: 0 }} ticks={axis.ticks} />
                <Typography
                  variant="caption"
                  sx={{ display: { xs: 'none', sm: 'block' }, textAlign: 'right', fontVariantNumeric: 'tabular-nums' }}
                >
                  {formatDuration(call.durationMs)}
                </Typography>
              </ButtonBase>
              <Collapse in={isOpen} unmountOnExit>
                <CallDetail call={call} />
              </Collapse>
            </Box>
          );
        })}
      </Box>
      {!all && calls.length > SHOWN && (
        <Button onClick={() => setAll(true)} sx={{ m: 1 }}>
          Show all {calls.length} calls
        </Button>
      )}
    </Box>
  );
}
