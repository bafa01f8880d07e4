import { Alert, Box, Button, Link as MuiLink, Typography } from '@mui/material';
import BuildIcon from '@mui/icons-material/BuildOutlined';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { MONO } from '../../theme.ts';
import { Choice } from '../../ui/Choice.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { AnnotationChips } from './AnnotationChips.tsx';
import { ToolsDocument, type ToolRow } from './queries.ts';
import { ToolDetail } from './ToolDetail.tsx';

const STEP = 50;

const STATUSES = [
  { value: 'active', label: 'Active' },
  { value: 'held', label: 'Held' },
  { value: 'invalid', label: 'Unusable' },
  { value: 'removed', label: 'Removed' },
] as const;
type Status = (typeof STATUSES)[number]['value'];

const columns = (withServer: boolean): readonly Column<ToolRow>[] => [
  {
    key: 'name',
    label: 'Tool',
    width: withServer ? '34%' : '30%',
    render: (tool) => (
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, flexWrap: 'wrap' }}>
        <MuiLink
          component={Link}
          to={`/tools/${tool.id}/show`}
          underline="hover"
          color="textPrimary"
          sx={{ fontFamily: MONO, fontSize: 13, overflowWrap: 'anywhere' }}
        >
          {withServer && (
            <Box component="span" sx={{ color: 'text.secondary' }}>
              {tool.server}/
            </Box>
          )}
          {tool.functionName}
        </MuiLink>
        {tool.status !== 'active' && <StatusChip kind="tool" value={tool.status} />}
      </Box>
    ),
  },
  {
    key: 'description',
    label: 'What it does',
    cut: true,
    from: 'sm',
    render: (tool) => tool.title ?? tool.description,
  },
  {
    key: 'category',
    label: 'Category',
    from: 'md',
    render: (tool) => <Box sx={{ whiteSpace: 'nowrap' }}>{tool.category}</Box>,
  },
  {
    key: 'hints',
    label: 'Server’s hints',
    from: 'lg',
    render: (tool) => <AnnotationChips annotations={tool.annotations} />,
  },
];

const distinct = (values: readonly string[]) => [...new Set(values)].sort().map((value) => ({ value, label: value }));

/** Tools with search and filters; each opens in its place. */
export function ToolTable({ connectionId }: { connectionId?: string }) {
  const [search, setSearch] = useSearchParams();
  const get = (name: string) => search.get(name) ?? '';
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === '') before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const [shown, setShown] = useState(STEP);
  const query = get('query');
  const status = STATUSES.find((each) => each.value === get('status'))?.value;
  const variables = {
    ...(connectionId === undefined ? {} : { connectionId }),
    ...(query === '' ? {} : { query }),
    ...(status === undefined ? {} : { status: status satisfies Status }),
  };
  const { data, error, refetch, isPlaceholderData } = useApi(ToolsDocument, variables, { keepPrevious: true });
  const all = data?.tools ?? [];
  const tools = all.filter(
    (tool) =>
      (get('server') === '' || tool.server === get('server')) &&
      (get('category') === '' || tool.category === get('category')),
  );
  const filtered = query !== '' || status !== undefined || get('server') !== '' || get('category') !== '';
  const held = all.filter((tool) => tool.status === 'held').length;
  return (
    <>
      <FilterBar onClear={filtered ? () => setSearch({}, { replace: true }) : undefined}>
        <SearchField label="Search tools" value={query} onChange={(text) => set('query', text)} />
        {connectionId === undefined && (
          <Choice
            label="Server"
            any="All"
            value={get('server')}
            onChange={(server) => set('server', server)}
            options={distinct(all.map((tool) => tool.server))}
          />
        )}
        <Choice
          label="Category"
          any="All"
          value={get('category')}
          onChange={(category) => set('category', category)}
          options={distinct(all.map((tool) => tool.category))}
        />
        <Choice
          label="State"
          any="Any"
          value={status ?? ''}
          onChange={(next) => set('status', next)}
          options={STATUSES}
        />
      </FilterBar>
      {held > 0 && status !== 'held' && (
        <Alert
          severity="warning"
          sx={{ mb: 2 }}
          action={
            <Button color="inherit" size="small" onClick={() => set('status', 'held')}>
              Show
            </Button>
          }
        >
          {plural(held, 'tool')} changed since accepted, and {held === 1 ? 'is' : 'are'} held: not callable until an
          admin accepts the change.
        </Alert>
      )}
      <Section flush>
        {data ? (
          tools.length === 0 ? (
            <EmptyState icon={BuildIcon} title={filtered ? 'No tool matches' : 'No tools yet'}>
              {filtered
                ? 'Try other words, or clear the filters.'
                : 'They appear here once a server is connected and has answered.'}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Tools"
                rows={tools.slice(0, shown)}
                columns={columns(connectionId === undefined)}
                rowKey={(tool) => tool.id}
                detail={(tool) => <ToolDetail id={tool.id} />}
                faded={isPlaceholderData}
              />
              <Box
                sx={{
                  display: 'flex',
                  alignItems: 'center',
                  gap: 2,
                  px: 2,
                  py: 1,
                  borderTop: 1,
                  borderColor: 'divider',
                }}
              >
                <Typography variant="caption" color="textSecondary">
                  {Math.min(shown, tools.length)} of {plural(tools.length, 'tool')}
                </Typography>
                {tools.length > shown && (
                  <Button size="small" onClick={() => setShown(shown + STEP)}>
                    Show more
                  </Button>
                )}
              </Box>
            </>
          )
        ) : error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : (
          <RowsSkeleton rows={8} />
        )}
      </Section>
    </>
  );
}
