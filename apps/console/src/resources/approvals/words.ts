import { surfaceLabel } from '../runs/words.ts';

export const APPROVAL_STATUSES = [
  { value: 'pending', label: 'Waiting' },
  { value: 'granted', label: 'Approved' },
  { value: 'used', label: 'Approved, called' },
  { value: 'denied', label: 'Denied' },
  { value: 'expired', label: 'Expired' },
  { value: 'withdrawn', label: 'Not needed any more' },
] as const;

export const SCOPES = [
  { value: 'arguments', label: 'these very arguments' },
  { value: 'conversation', label: 'this conversation' },
  { value: 'tool', label: 'any call of this tool' },
] as const;
export type Scope = (typeof SCOPES)[number]['value'];

export const scopeLabel = (scope: string): string => SCOPES.find(({ value }) => value === scope)?.label ?? scope;

/** By what the tool says of itself. */
export const RISKS: Readonly<Record<string, string>> = {
  destructive: 'It may change or delete what cannot be brought back, or says nothing about it.',
  writes: 'It says that it changes something, and destroys nothing.',
  reads: 'It says that it only reads.',
};

interface Asking {
  readonly principalName: string;
  readonly principalKind: string;
  readonly surface: string;
}

export const askerOf = ({ principalName, principalKind, surface }: Asking): string =>
  `${principalKind === 'key' ? `API key ${principalName}` : principalName}, through ${surfaceLabel(surface)}`;

interface Voted {
  readonly status: string;
  readonly persons: number;
  readonly decidedBy?: string | null;
  readonly votes: readonly { readonly voterName: string; readonly granted: boolean }[];
}

/** How far it is, in a sentence. */
export function standing({ status, persons, decidedBy, votes }: Voted): string {
  const by = decidedBy ?? 'nobody';
  switch (status) {
    case 'pending': {
      if (persons === 1) return 'One person has to approve it.';
      const [first] = votes;
      return first
        ? `${first.voterName} has approved it. One more person has to.`
        : 'Two persons have to approve it, other than the one whose code asks.';
    }
    case 'granted':
      return `${by} approved it. The call has not been made yet.`;
    case 'used':
      return `${by} approved it, and the call was made.`;
    case 'denied':
      return `${by} denied it. The call was not made.`;
    case 'expired':
      return 'Nobody decided in time. The call was not made.';
    default:
      return 'The run ended before anybody decided. The call was not made.';
  }
}

/** Lines of code that call the tool, from 1: where to look first. */
export function linesThatCall(code: string, tool: string): number[] {
  const name = tool.replace(/[^\w$]/g, '');
  const call = new RegExp(`\\b${name.replace(/\$/g, '\\$')}\\s*\\(`);
  return code.split('\n').flatMap((line, at) => (call.test(line) ? [at + 1] : []));
}
