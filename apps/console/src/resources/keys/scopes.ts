export const SCOPES = [
  {
    value: 'runs',
    label: 'Run code',
    meaning: 'Runs code through /v1/executions and execute_code of /mcp, with the tools that it is granted.',
  },
  { value: 'tools', label: 'Discover tools', meaning: 'Searches and reads about the tools that it is granted.' },
  { value: 'chat', label: 'Chat', meaning: 'Uses the chat endpoint, and compares both arms through it.' },
  {
    value: 'admin',
    label: 'Administer',
    meaning: 'Changes settings through /graphql, grants included. Give it to deployment scripts alone.',
  },
] as const;
export type Scope = (typeof SCOPES)[number]['value'];

export const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'Never expires' },
] as const;
