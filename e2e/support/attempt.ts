import type { Planted } from './planted.ts';

/**
 * What another tenant gets for what is not its own.
 * not found: as if there were no such thing. empty: a list with nothing in it. own: only what is the asker's.
 */
export type Outcome = 'not found' | 'empty' | 'own';

export interface GraphqlAttempt {
  readonly outcome: Outcome;
  readonly variables: (of: Planted) => object;
}

export interface RestAttempt {
  readonly outcome: Outcome;
  readonly path: (of: Planted) => string;
  readonly body?: (of: Planted) => object;
}

export const own = (variables: (of: Planted) => object = () => ({})): GraphqlAttempt => ({ outcome: 'own', variables });
export const empty = (variables: (of: Planted) => object): GraphqlAttempt => ({ outcome: 'empty', variables });
export const notFound = (variables: (of: Planted) => object): GraphqlAttempt => ({ outcome: 'not found', variables });
