import { Button } from '@mui/material';
import SignpostIcon from '@mui/icons-material/SignpostOutlined';
import { Link } from 'react-router-dom';
import { EmptyState } from '../ui/EmptyState.tsx';

export function NotFound() {
  return (
    <EmptyState
      icon={SignpostIcon}
      title="There is no such page"
      action={
        <Button component={Link} to="/" variant="outlined">
          Go to the overview
        </Button>
      }
    >
      The address may be mistyped, or come from another version of the console.
    </EmptyState>
  );
}
