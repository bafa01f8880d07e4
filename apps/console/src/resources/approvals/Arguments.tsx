import { Box, Button } from '@mui/material';
import VisibilityIcon from '@mui/icons-material/VisibilityOutlined';
import { useState } from 'react';
import { useChange } from '../../api/use-api.ts';
import { JsonView } from '../../code/JsonView.tsx';
import { useCan } from '../../session/use-viewer.ts';
import { Section } from '../../ui/Page.tsx';
import { OpenApprovalArgumentsDocument, type Approval } from './queries.ts';

/** What the tool would be given: masked, until somebody who may asks for all of it. */
export function Arguments({ approval }: { approval: Approval }) {
  const mayOpen = useCan('approvals.arguments');
  const [whole, setWhole] = useState<{ readonly value: unknown }>();
  const open = useChange(OpenApprovalArgumentsDocument, {
    done: ({ openApprovalArguments }) => setWhole({ value: openApprovalArguments }),
  });
  return (
    <Section
      title="Arguments"
      aside={
        mayOpen &&
        whole === undefined && (
          <Button
            size="small"
            startIcon={<VisibilityIcon />}
            loading={open.isPending}
            onClick={() => open.mutate({ id: approval.id })}
            data-testid="open-arguments"
          >
            Show unmasked
          </Button>
        )
      }
    >
      <JsonView value={whole ? whole.value : (approval.args ?? {})} label="Arguments of the call" />
      <Box sx={{ mt: 1, fontSize: 12.5, color: 'text.secondary' }}>
        {whole
          ? 'As the tool will get them. That you looked is in the audit log.'
          : 'Private data is masked. What you approve are the arguments as they are, and no others.'}
      </Box>
    </Section>
  );
}
