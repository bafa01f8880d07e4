import type { BlockKind } from './blocks.ts';
import type { ReviewReason } from './rules.ts';

export const REVIEW_VERDICTS = ['safe', 'suspicious', 'violation'] as const;
export type ReviewVerdict = (typeof REVIEW_VERDICTS)[number];

/** `second`: a violation was found, and another reviewer has not yet said the same. */
export const REVIEW_STATUSES = ['open', 'second', 'closed'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

/** A run that somebody looks at. */
export interface ReviewItem {
  readonly id: string;
  readonly runId: string;
  readonly reasons: readonly ReviewReason[];
  readonly status: ReviewStatus;
  /** Null while nobody has said anything. */
  readonly verdict: ReviewVerdict | null;
  readonly codeHash: string;
  readonly shape: string | null;
  readonly surface: string;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly runStatus: string;
  readonly calls: number;
  readonly denied: number;
  readonly skills: readonly string[];
  readonly createdAt: Date;
  readonly closedAt: Date | null;
}

export interface GivenVerdict {
  readonly verdict: ReviewVerdict;
  readonly comment: string;
  readonly reviewerId: string;
  readonly reviewerName: string;
  readonly at: Date;
}

export interface NewVerdict {
  readonly itemId: string;
  /** Where the reviewer saw the item stand; another has spoken since where it stands elsewhere. */
  readonly seen: Exclude<ReviewStatus, 'closed'>;
  readonly verdict: ReviewVerdict;
  readonly comment: string;
  /** What may not run any longer, at once. Of a violation alone. */
  readonly block?: readonly BlockKind[] | undefined;
}
