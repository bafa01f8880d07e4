interface Hint {
  readonly label: string;
  readonly meaning: string;
  readonly grave: boolean;
}

const HINTS: readonly (readonly [name: string, value: boolean, hint: Hint])[] = [
  ['readOnlyHint', true, { label: 'reads only', meaning: 'It changes nothing.', grave: false }],
  ['readOnlyHint', false, { label: 'writes', meaning: 'It changes something.', grave: false }],
  ['destructiveHint', true, { label: 'destructive', meaning: 'It may delete or overwrite.', grave: true }],
  ['idempotentHint', true, { label: 'repeatable', meaning: 'Calling it twice is like calling it once.', grave: false }],
  ['openWorldHint', true, { label: 'open world', meaning: 'It reaches outside systems.', grave: false }],
];

/** The upstream's annotations in words; what it does not say is left out. */
export function hintsOf(annotations: unknown): Hint[] {
  if (typeof annotations !== 'object' || annotations === null) return [];
  const claims = annotations as Readonly<Record<string, unknown>>;
  return HINTS.filter(([name, value]) => claims[name] === value).map(([, , hint]) => hint);
}
