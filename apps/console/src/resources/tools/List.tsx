import { Page } from '../../ui/Page.tsx';
import { ToolTable } from './ToolTable.tsx';

export function List() {
  return (
    <Page title="Tools" lead="Every tool of every connection, as code imports it." wide>
      <ToolTable />
    </Page>
  );
}
