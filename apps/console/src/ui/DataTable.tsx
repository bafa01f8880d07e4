import { Box, Collapse, IconButton, Table, TableBody, TableCell, TableHead, TableRow } from '@mui/material';
import ExpandIcon from '@mui/icons-material/KeyboardArrowDown';
import { Fragment, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router-dom';

type Breakpoint = 'sm' | 'md' | 'lg';

export interface Column<R> {
  readonly key: string;
  readonly label: ReactNode;
  readonly render: (row: R) => ReactNode;
  readonly align?: 'right' | 'center';
  readonly width?: number | string;
  /** Left out on screens narrower than this. */
  readonly from?: Breakpoint;
  /** Cut with an ellipsis instead of widening the table. */
  readonly cut?: boolean;
}

interface Props<R> {
  readonly label: string;
  readonly rows: readonly R[];
  readonly columns: readonly Column<R>[];
  readonly rowKey: (row: R) => string;
  /** Where a click on the row leads; the first cell should hold the same as a link, for the keyboard. */
  readonly to?: (row: R) => string;
  /** Makes rows expandable. */
  readonly detail?: (row: R) => ReactNode;
  readonly faded?: boolean;
}

const shownFrom = (from: Breakpoint | undefined) =>
  from === undefined ? {} : { display: { xs: 'none', [from]: 'table-cell' } };

/** Shares of the width are for screens that show all columns. */
const widthOf = <R,>({ width }: Column<R>) => (typeof width === 'string' ? { xs: 'auto', md: width } : width);

export function DataTable<R>({ label, rows, columns, rowKey, to, detail, faded }: Props<R>) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <Box sx={{ overflowX: 'auto', opacity: faded ? 0.55 : 1, transition: 'opacity .15s' }}>
      <Table aria-label={label} size="small">
        <TableHead>
          <TableRow>
            {detail && <TableCell sx={{ width: 44, pr: 0 }} />}
            {columns.map((column) => (
              <TableCell
                key={column.key}
                align={column.align ?? 'left'}
                sx={{ width: widthOf(column), ...shownFrom(column.from) }}
              >
                {column.label}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => {
            const key = rowKey(row);
            const isOpen = open.has(key);
            return (
              <Fragment key={key}>
                <TableRow
                  hover={to !== undefined || detail !== undefined}
                  data-row={key}
                  onClick={(event) => {
                    const target = event.target as HTMLElement;
                    if (target.closest('a,button,input') || window.getSelection()?.toString()) return;
                    if (to) navigate(to(row));
                    else if (detail) toggle(key);
                  }}
                  sx={{
                    cursor: to || detail ? 'pointer' : 'default',
                    '&:last-child > td': { borderBottom: 0 },
                    ...(isOpen ? { '& > td': { borderBottom: 0 } } : {}),
                  }}
                >
                  {detail && (
                    <TableCell sx={{ pr: 0 }}>
                      <IconButton
                        size="small"
                        aria-expanded={isOpen}
                        aria-label={isOpen ? 'Hide details' : 'Show details'}
                        onClick={() => toggle(key)}
                      >
                        <ExpandIcon
                          fontSize="small"
                          sx={{ transform: isOpen ? 'none' : 'rotate(-90deg)', transition: 'transform .15s' }}
                        />
                      </IconButton>
                    </TableCell>
                  )}
                  {columns.map((column) => (
                    <TableCell
                      key={column.key}
                      align={column.align ?? 'left'}
                      sx={{
                        ...shownFrom(column.from),
                        ...(column.align === 'right'
                          ? { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }
                          : {}),
                        ...(column.cut
                          ? {
                              maxWidth: 0,
                              width: column.width ?? '99%',
                              overflow: 'hidden',
                              textOverflow: 'ellipsis',
                              whiteSpace: 'nowrap',
                              '& > span': { overflow: 'hidden', textOverflow: 'ellipsis' },
                            }
                          : {}),
                      }}
                    >
                      {column.render(row)}
                    </TableCell>
                  ))}
                </TableRow>
                {detail && (
                  <TableRow>
                    <TableCell
                      colSpan={columns.length + 1}
                      sx={{ '&&': { p: 0 }, borderBottom: isOpen ? undefined : 0 }}
                    >
                      <Collapse in={isOpen} unmountOnExit>
                        <Box sx={{ p: 2, bgcolor: 'background.default' }}>{detail(row)}</Box>
                      </Collapse>
                    </TableCell>
                  </TableRow>
                )}
              </Fragment>
            );
          })}
        </TableBody>
      </Table>
    </Box>
  );
}
