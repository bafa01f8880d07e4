import { Box, Button, Typography } from '@mui/material';
import { Snippet } from '../../ui/Snippet.tsx';

/** What signs deliveries: shown this once. */
export function SecretOnce({ secret, onKept }: { secret: string; onKept: () => void }) {
  return (
    <Box sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Typography variant="body2">
        Deliveries to the webhook are signed with this secret (header <code>X-Switchyard-Signature</code>: HMAC-SHA256
        over time and body). It is shown this once: keep it where your receiver reads it.
      </Typography>
      <Snippet text={secret} label="webhook secret" />
      <Button onClick={onKept} variant="contained" sx={{ justifySelf: 'start' }} data-testid="secret-kept">
        I have kept it
      </Button>
    </Box>
  );
}
