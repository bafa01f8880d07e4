import { Alert, Box, LinearProgress, Typography } from '@mui/material';
import ShieldIcon from '@mui/icons-material/GppGoodOutlined';
import ShieldOffIcon from '@mui/icons-material/GppBadOutlined';
import { useApi } from '../api/use-api.ts';
import { formatCount, plural } from '../format.ts';
import { Figure, Figures } from '../ui/Facts.tsx';
import { Page, Section } from '../ui/Page.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { ExecutorDocument } from './queries.ts';

const REFRESH_MS = 5000;

export default function Executor() {
  const { data, error, refetch } = useApi(ExecutorDocument, {}, { refetchEveryMs: REFRESH_MS });
  if (!data) return error ? <Problem error={error} retry={() => void refetch()} tall /> : <PageSkeleton />;
  const { executor } = data;
  const missing = executor.layers.filter((layer) => !layer.standing);
  const busy = executor.poolSize === 0 ? 0 : (executor.running / executor.poolSize) * 100;
  return (
    <Page
      title="Executor"
      lead="The place that runs code. It holds no secrets, and stands behind several walls, each of which must fail before the next is touched."
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {!executor.connected && (
          <Alert severity="error" data-testid="executor-away">
            No executor is connected: code cannot run at the moment. The control plane keeps trying to start it; its log
            says why it does not come up.
          </Alert>
        )}
        <Figures>
          <Figure
            label="Running now"
            value={formatCount(executor.running)}
            note={
              <LinearProgress
                variant="determinate"
                value={Math.min(busy, 100)}
                aria-label="Share of the pool in use"
                sx={{ mt: 0.75, borderRadius: 1 }}
              />
            }
          />
          <Figure
            label="Warm and waiting"
            value={formatCount(executor.warm)}
            note={`of a pool of ${formatCount(executor.poolSize)}`}
          />
          <Figure
            label="In the queue"
            value={formatCount(executor.queued)}
            {...(executor.queued > 0 ? { tone: 'warning' as const } : {})}
          />
          <Figure label="Deno" value={executor.denoVersion ?? '–'} />
        </Figures>
        {missing.length > 0 && (
          <Alert severity="warning">
            {plural(missing.length, 'layer')} of the wall {missing.length === 1 ? 'is' : 'are'} missing on this machine.
            Code still runs without any permission of Deno; <code>npm run -s switchyard -- doctor</code> says what to
            install.
          </Alert>
        )}
        <Section title="Layers of the wall, from the inside out" flush>
          <Box component="ol" sx={{ m: 0, p: 0, pt: 1, listStyle: 'none' }} aria-label="Layers of the wall">
            {executor.layers.map((layer) => (
              <Box
                component="li"
                key={layer.name}
                data-standing={layer.standing}
                sx={{ display: 'flex', gap: 1.5, px: 2, py: 1.25, borderTop: 1, borderColor: 'divider' }}
              >
                {layer.standing ? <ShieldIcon color="success" /> : <ShieldOffIcon color="warning" />}
                <Box sx={{ minWidth: 0, flex: 1 }}>
                  <Typography sx={{ fontWeight: 600, fontSize: 14 }}>{layer.name}</Typography>
                  <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
                    {layer.detail}
                  </Typography>
                </Box>
                <Typography
                  variant="caption"
                  sx={{
                    fontWeight: 600,
                    color: layer.standing ? 'success.main' : 'warning.main',
                    whiteSpace: 'nowrap',
                  }}
                >
                  {layer.standing ? 'stands' : 'missing'}
                </Typography>
              </Box>
            ))}
          </Box>
        </Section>
      </Box>
    </Page>
  );
}
