import { Box, Button } from '@mui/material';
import type { SvgIconComponent } from '@mui/icons-material';
import type { ReactNode } from 'react';
import { ListBase, type RaRecord } from 'react-admin';
import { DataTable, type Column } from './DataTable.tsx';
import { EmptyState } from './EmptyState.tsx';
import { Page } from './Page.tsx';
import { PagedList, SHOWN_IN_PLACE } from './PagedList.tsx';
import { useFilters } from './use-filters.ts';

interface Nothing {
  readonly icon: SvgIconComponent;
  /** Why there is nothing at all yet, and the next step. */
  readonly title: string;
  readonly text?: ReactNode;
  readonly action?: ReactNode;
  /** Said where filters leave nothing: "No run matches these filters". */
  readonly filtered: string;
}

interface Props<R extends RaRecord> {
  readonly resource: string;
  readonly title: string;
  readonly lead: ReactNode;
  readonly actions?: ReactNode;
  /** Between the header and the filters. */
  readonly above?: ReactNode;
  readonly filters?: ReactNode;
  readonly below?: ReactNode;
  readonly nothing: Nothing;
  /** What the table is called for readers. */
  readonly label: string;
  readonly columns: readonly Column<R>[];
  readonly to?: (row: R) => string;
  readonly detail?: (row: R) => ReactNode;
}

function Empty({ nothing: { icon, title, text, action, filtered } }: { nothing: Nothing }) {
  const { active, clear } = useFilters();
  return active ? (
    <EmptyState
      icon={icon}
      title={filtered}
      action={
        <Button variant="outlined" onClick={clear}>
          Clear filters
        </Button>
      }
    />
  ) : (
    <EmptyState icon={icon} title={title} action={action}>
      {text}
    </EmptyState>
  );
}

/** A page that is a list without an end: filters, rows, and pages by cursor. */
export function LongList<R extends RaRecord>(props: Props<R>) {
  const { resource, title, lead, actions, above, filters, below, nothing, label, columns, to, detail } = props;
  return (
    <ListBase resource={resource} perPage={25} storeKey={false} disableAuthentication queryOptions={SHOWN_IN_PLACE}>
      <Page title={title} lead={lead} actions={actions} wide>
        {above}
        {filters}
        <PagedList<R> empty={<Empty nothing={nothing} />}>
          {(rows, stale) => (
            <DataTable
              label={label}
              rows={rows}
              columns={columns}
              rowKey={(row) => String(row.id)}
              {...(to ? { to } : {})}
              {...(detail ? { detail } : {})}
              faded={stale}
            />
          )}
        </PagedList>
        {below !== undefined && <Box sx={{ mt: 2.5 }}>{below}</Box>}
      </Page>
    </ListBase>
  );
}
