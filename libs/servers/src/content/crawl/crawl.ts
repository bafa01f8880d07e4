import type { TenantId } from '@switchyard/kernel';
import type { PageOutcome } from '../content-error.ts';

export const CRAWL_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;

/** One reading of a site. */
export interface SiteCrawl {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly site: string;
  readonly startUrl: string;
  readonly state: (typeof CRAWL_STATES)[number];
  readonly maxPages: number;
  readonly maxDepth: number;
  /** By origin: the text of robots.txt. */
  readonly robots: Readonly<Record<string, string>>;
  readonly known: number;
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly forbidden: number;
  readonly problems: number;
  /** Links that were not followed, because there were too many, or they lay too deep. */
  readonly leftOut: number;
  readonly failures: number;
  readonly error: string | null;
  readonly errorCode: string | null;
  readonly startedBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface WaitingAddress {
  readonly url: string;
  readonly kind: 'page' | 'sitemap';
  readonly depth: number;
  readonly attempts: number;
  /** Of the page as it was read before. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly links: readonly string[] | null;
}

export interface FoundAddress {
  readonly url: string;
  readonly kind: 'page' | 'sitemap';
  readonly depth: number;
  readonly isForbidden: boolean;
}

/** A page as it is kept. */
export interface PageContent {
  readonly title: string;
  readonly language: string | null;
  readonly text: string;
  readonly hash: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly links: readonly string[];
  readonly chunks: readonly { readonly heading: string; readonly text: string; readonly tokens: number }[];
}

/** What reading one address came to. */
export interface ReadAddress {
  readonly address: WaitingAddress;
  /** `content` becomes added, changed, unchanged or duplicate where it is stored. */
  readonly outcome: PageOutcome | 'content' | 'sitemap';
  readonly detail?: string;
  readonly page?: PageContent;
  readonly found: readonly FoundAddress[];
}

/** One address of a crawl, for people. */
export interface CrawledAddress {
  readonly url: string;
  readonly outcome: PageOutcome;
  readonly detail: string | null;
  readonly at: Date | null;
}
