import {
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Link as MuiLink,
  Typography,
} from '@mui/material';
import BlockIcon from '@mui/icons-material/Block';
import { Link } from 'react-router-dom';
import { useApi, useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
import { BlocksDocument, LiftBlockDocument, type Block } from './queries.ts';

const KINDS: Readonly<Record<Block['kind'], string>> = {
  code: 'Code',
  shape: 'Code built like it',
  skill: 'Skill',
  key: 'API key',
};

function Row({ block, onLift, busy }: { block: Block; onLift: (() => void) | undefined; busy: boolean }) {
  return (
    <Box
      component="li"
      sx={{ display: 'flex', gap: 1.5, alignItems: 'flex-start', py: 1.25, borderTop: 1, borderColor: 'divider' }}
    >
      <Box sx={{ flex: 1, minWidth: 0, opacity: block.liftedAt == null ? 1 : 0.6 }}>
        <Typography variant="body2" component="div" sx={{ fontWeight: 600 }}>
          {KINDS[block.kind]}
        </Typography>
        <Identifier label="what is blocked" value={block.value} />
        <Typography variant="body2">{block.reason}</Typography>
        <Typography variant="caption" color="textSecondary">
          by {block.createdBy}, <RelativeTime at={block.createdAt} />
          {block.liftedAt != null && ` · lifted by ${block.liftedBy ?? ''}`}
          {block.itemId != null && (
            <>
              {' · '}
              <MuiLink component={Link} to={`/reviews/${block.itemId}/show`}>
                its review
              </MuiLink>
            </>
          )}
        </Typography>
      </Box>
      {block.liftedAt == null && onLift && (
        <Button size="small" onClick={onLift} loading={busy}>
          Lift
        </Button>
      )}
    </Box>
  );
}

/** What may not run, and what was lifted lately. */
export function BlocksDialog({ onClose }: { onClose: () => void }) {
  const { data, error, refetch } = useApi(BlocksDocument, {});
  const mayDecide = useCan('reviews.decide');
  const lift = useChange(LiftBlockDocument, { say: 'The block was lifted.' });
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="blocks-title">
      <DialogTitle id="blocks-title" component="h2">
        What is blocked
      </DialogTitle>
      <DialogContent>
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : data?.blocks.length === 0 ? (
          <EmptyState icon={BlockIcon} title="Nothing is blocked">
            A verdict of violation can block the code, all code built like it, the skill or the API key.
          </EmptyState>
        ) : (
          <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none' }}>
            {data?.blocks.map((block) => (
              <Row
                key={block.id}
                block={block}
                busy={lift.isPending}
                onLift={mayDecide ? () => lift.mutate({ id: block.id }) : undefined}
              />
            ))}
          </Box>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
