import { createHash } from 'node:crypto';
import { AppError } from '@switchyard/kernel';

/** Whose workspace it is. */
export interface WorkspaceOwner {
  readonly runId: string;
  readonly principal: { readonly kind: string; readonly id: string };
  readonly conversation?: string | null | undefined;
}

/**
 * The files of one caller in one conversation, or of one run where there is none. A conversation's name comes from the
 * caller, so that it opens nothing of another caller.
 */
export const scopeOf = ({ runId, principal, conversation }: WorkspaceOwner): string => {
  const parts = conversation ? ['conversation', principal.kind, principal.id, conversation] : ['run', runId];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
};

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_. -]{0,79}$/;
const MAX_LENGTH = 200;
const MAX_LEVELS = 8;

/** Throws AppError `unprocessable` for what names no file of a workspace. There are no folders and no way outwards. */
export function checkName(name: string): string {
  const segments = name.split('/');
  const isFine = segments.every((segment) => SEGMENT.test(segment) && !segment.endsWith('.') && !segment.endsWith(' '));
  if (isFine && name.length <= MAX_LENGTH && segments.length <= MAX_LEVELS) return name;
  throw new AppError(
    'unprocessable',
    `"${name.slice(0, 80)}" names no file: use letters, digits, "_", "-", "." and "/" between parts, as in reports/may.json.`,
    { path: 'name' },
  );
}
