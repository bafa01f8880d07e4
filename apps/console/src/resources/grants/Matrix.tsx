import { Box, Button, IconButton, Tooltip, Typography } from '@mui/material';
import ExpandIcon from '@mui/icons-material/KeyboardArrowDown';
import BulkIcon from '@mui/icons-material/PlaylistAddCheck';
import { useState } from 'react';
import { plural } from '../../format.ts';
import { MONO } from '../../theme.ts';
import { Cell, inForceText } from './Cell.tsx';
import { ANY, inForce, nextEffect, placeKey, type Place, type Subject } from './effect.ts';
import { matrixStyle } from './matrix-style.ts';
import type { Pending } from './use-pending.ts';

const STEP = 100;
/** More columns scroll sideways, and then the head of the table cannot stick to the page. */
const FITTING_COLUMNS = 8;
const NAME_WIDTH = 230;
const PLACE_WIDTH = 96;

export interface ServerGroup {
  readonly server: string;
  /** Names of the tools that are shown. */
  readonly tools: readonly string[];
  readonly total: number;
}

interface Props {
  readonly groups: readonly ServerGroup[];
  readonly subjects: readonly Subject[];
  readonly pending: Pending;
  readonly editable: boolean;
  readonly open: ReadonlySet<string>;
  readonly onToggle: (server: string) => void;
  readonly onBulk: (server: string) => void;
  readonly onRemoveSubject: (subject: Subject) => void;
}

function Places({
  subjects,
  pending,
  editable,
  server,
  tool,
}: Pick<Props, 'subjects' | 'pending' | 'editable'> & Omit<Place, 'subject'>) {
  return subjects.map((subject) => {
    const place = { subject, server, tool };
    const key = placeKey(place);
    const explicit = pending.merged.get(key);
    const now = inForce(pending.merged, place);
    return (
      <td key={`${subject.kind}:${subject.name}`} className="place">
        <Cell
          explicit={explicit}
          effect={now.effect}
          inherited={now.inherited}
          by={inForceText(now)}
          changed={pending.changed.has(key)}
          editable={editable}
          subject={subject.label}
          target={`${server}.${tool}`}
          onCycle={() => pending.set([place], nextEffect(explicit))}
        />
      </td>
    );
  });
}

function Group({ group, ...props }: Props & { group: ServerGroup }) {
  const { open, onToggle, onBulk, editable } = props;
  const [shown, setShown] = useState(STEP);
  const isOpen = open.has(group.server);
  return (
    <tbody data-testid={`grants-${group.server}`}>
      <tr className="group">
        <th scope="row" className="name">
          <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5, ml: -1 }}>
            <IconButton
              size="small"
              aria-expanded={isOpen}
              aria-label={`${isOpen ? 'Hide' : 'Show'} tools of ${group.server}`}
              onClick={() => onToggle(group.server)}
            >
              <ExpandIcon fontSize="small" sx={{ transform: isOpen ? 'none' : 'rotate(-90deg)' }} />
            </IconButton>
            <Box sx={{ minWidth: 0, flex: 1 }}>
              <Box component="span" sx={{ fontWeight: 650, fontSize: 14, overflowWrap: 'anywhere' }}>
                {group.server}
              </Box>
              <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
                {plural(group.total, 'tool')}, future ones too
              </Typography>
            </Box>
            {editable && (
              <Tooltip title={`Change many of ${group.server} at once`}>
                <IconButton
                  size="small"
                  aria-label={`Change many of ${group.server}`}
                  onClick={() => onBulk(group.server)}
                >
                  <BulkIcon fontSize="small" />
                </IconButton>
              </Tooltip>
            )}
          </Box>
        </th>
        <Places {...props} server={group.server} tool={ANY} />
      </tr>
      {isOpen &&
        group.tools.slice(0, shown).map((tool) => (
          <tr key={tool}>
            <th scope="row" className="name">
              <Box
                component="span"
                sx={{ pl: 3.5, fontFamily: MONO, fontSize: 12.5, display: 'block', overflowWrap: 'anywhere' }}
              >
                {tool}
              </Box>
            </th>
            <Places {...props} server={group.server} tool={tool} />
          </tr>
        ))}
      {isOpen && group.tools.length > shown && (
        <tr>
          <td colSpan={props.subjects.length + 1}>
            <Button size="small" onClick={() => setShown(shown + STEP)} sx={{ ml: 4, my: 0.5 }}>
              Show {Math.min(STEP, group.tools.length - shown)} more of {group.tools.length}
            </Button>
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** Rows: servers and their tools. Columns: roles and keys. */
export function Matrix(props: Props) {
  const { groups, subjects, onRemoveSubject } = props;
  return (
    <Box sx={{ overflowX: subjects.length > FITTING_COLUMNS ? 'auto' : { xs: 'auto', md: 'visible' } }}>
      <Box
        component="table"
        sx={matrixStyle}
        style={{ minWidth: NAME_WIDTH + subjects.length * PLACE_WIDTH }}
        aria-label="Grants"
      >
        <colgroup>
          <col />
          {subjects.map((subject) => (
            <col key={`${subject.kind}:${subject.name}`} style={{ width: PLACE_WIDTH }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <Box component="th" scope="col" className="name">
              Server and tool
            </Box>
            {subjects.map((subject) => (
              <th key={`${subject.kind}:${subject.name}`} scope="col">
                <Box
                  sx={{ maxWidth: 110, mx: 'auto', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
                  title={subject.label}
                >
                  {subject.label}
                </Box>
                {subject.kind === 'key' && (
                  <Button
                    size="small"
                    onClick={() => onRemoveSubject(subject)}
                    sx={{ minWidth: 0, p: 0, fontSize: 11 }}
                    aria-label={`Hide column ${subject.label}`}
                  >
                    hide
                  </Button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr className="group">
            <th scope="row" className="name">
              <Box component="span" sx={{ fontWeight: 650, fontSize: 14 }}>
                Everything
              </Box>
              <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
                every tool of every server
              </Typography>
            </th>
            <Places {...props} server={ANY} tool={ANY} />
          </tr>
        </tbody>
        {groups.map((group) => (
          <Group key={group.server} {...props} group={group} />
        ))}
      </Box>
    </Box>
  );
}
