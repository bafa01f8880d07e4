import { Alert, Box, Button, Link as MuiLink, Table, TableBody, TableCell, TableHead, TableRow } from '@mui/material';
import { useChange } from '../../api/use-api.ts';
import { formatCount, formatDate, formatDateTime, formatRate } from '../../format.ts';
import { Facts } from '../../ui/Facts.tsx';
import { DecidePriceDocument, type Price } from './queries.ts';

/** All of a row, where it comes from, and the decision on one that waits. */
export function PriceDetail({ price, mayDecide }: { price: Price; mayDecide: boolean }) {
  const decide = useChange(DecidePriceDocument, { say: 'Decided.' });
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {price.status === 'pending' && (
        <Alert
          severity="warning"
          action={
            mayDecide && (
              <Box sx={{ display: 'flex', gap: 1 }}>
                <Button
                  size="small"
                  onClick={() => decide.mutate({ id: price.id, accept: false })}
                  loading={decide.isPending}
                >
                  Reject
                </Button>
                <Button
                  size="small"
                  variant="contained"
                  onClick={() => decide.mutate({ id: price.id, accept: true })}
                  loading={decide.isPending}
                  data-testid="accept-price"
                >
                  Accept
                </Button>
              </Box>
            )
          }
        >
          {price.doubt}
        </Alert>
      )}
      <Box sx={{ overflowX: 'auto' }}>
        <Table size="small" aria-label="Tiers">
          <TableHead>
            <TableRow>
              <TableCell>Input tokens of the prompt</TableCell>
              {['Input', 'Cached', 'Output', 'Reasoning'].map((name) => (
                <TableCell key={name} align="right">
                  {name}
                </TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {price.tiers.map((tier) => (
              <TableRow key={tier.aboveInputTokens} sx={{ '&:last-child > *': { borderBottom: 0 } }}>
                <TableCell>
                  {tier.aboveInputTokens === 0 ? 'any' : `more than ${formatCount(tier.aboveInputTokens)}`}
                </TableCell>
                <TableCell align="right">{formatRate(tier.inputMicros)}</TableCell>
                <TableCell align="right">
                  {tier.cachedInputMicros == null ? 'as input' : formatRate(tier.cachedInputMicros)}
                </TableCell>
                <TableCell align="right">{formatRate(tier.outputMicros)}</TableCell>
                <TableCell align="right">
                  {tier.reasoningMicros == null ? 'as output' : formatRate(tier.reasoningMicros)}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Box>
      <Facts
        rows={[
          ['Holds from', formatDate(price.validFrom)],
          [
            'Source',
            <span key="source">
              <MuiLink href={price.sourceUrl} target="_blank" rel="noreferrer">
                {price.sourceUrl}
              </MuiLink>
              , as of {formatDate(price.sourceDate)}
            </span>,
          ],
          ...(price.createdBy == null || price.createdAt == null
            ? ([['Entered', 'with this version of Switchyard']] as const)
            : ([['Entered', `by ${price.createdBy}, ${formatDateTime(price.createdAt)}`]] as const)),
          ...(price.decidedBy == null || price.decidedAt == null
            ? []
            : ([['Decided', `by ${price.decidedBy}, ${formatDateTime(price.decidedAt)}`]] as const)),
        ]}
      />
    </Box>
  );
}
