import { Tab, Tabs } from '@mui/material';
import { Link, useLocation } from 'react-router-dom';

/** What a suite says, and what real traffic says. */
export function CompareTabs() {
  const { pathname } = useLocation();
  return (
    <Tabs value={pathname} aria-label="Kinds of comparison" sx={{ mb: 2, borderBottom: 1, borderColor: 'divider' }}>
      <Tab component={Link} to="/comparisons" value="/comparisons" label="Suites" />
      <Tab component={Link} to="/shadow-runs" value="/shadow-runs" label="Shadow runs" />
    </Tabs>
  );
}
