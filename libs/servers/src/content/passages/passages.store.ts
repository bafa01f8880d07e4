import type { Database } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';

type Tenant = Pick<Ctx, 'tenantId'>;

export interface FoundPassage {
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly heading: string;
  readonly text: string;
  readonly site: string;
  readonly language: string | null;
  readonly readAt: Date;
  /** 0 to 1. */
  readonly score: number;
}

/** Of reciprocal-rank fusion: how little the first places stand out. */
const RANK_OFFSET = 60;
const MOST_BY_WORDS = 60;
/** Where only one site is meant, what is nearest may be of others. */
const MOST_OF_ALL_SITES = 500;
/** Of one page, or a long one would be all that is seen. */
const MOST_OF_A_PAGE = 2;

/** Passages by words and by meaning, fused by their ranks; the function names candidates, the rows come through row-level security. */
export async function findPassages(
  database: Database,
  ctx: Tenant,
  of: { readonly query: string; readonly site: string | undefined; readonly limit: number },
  near: { readonly ids: readonly string[]; readonly weight: number },
): Promise<FoundPassage[]> {
  const query = asText(of.query).trim();
  const best = (1 + (near.ids.length > 0 ? near.weight : 0)) / (RANK_OFFSET + 1);
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<FoundPassage[]>`
      WITH fused AS MATERIALIZED (
        SELECT coalesce(words.chunk_id, meaning.chunk_id) AS chunk_id,
          (coalesce(1.0 / (${RANK_OFFSET} + words.place), 0) + coalesce(${near.weight}::float8 / (${RANK_OFFSET} + meaning.place), 0))
            / ${best}::float8 AS score
        FROM (SELECT chunk_id, rank() OVER (ORDER BY score DESC) AS place FROM content_matches(${query}, ${of.site === undefined ? MOST_BY_WORDS : MOST_OF_ALL_SITES}::int)) AS words
        FULL JOIN unnest(${[...near.ids]}::uuid[]) WITH ORDINALITY AS meaning(chunk_id, place) USING (chunk_id)
      ), placed AS (
        SELECT c.id, p.url, p.title, c.heading, c.text, p.site, p.language, p.read_at AS "readAt", fused.score::float8 AS score,
          row_number() OVER (PARTITION BY p.id ORDER BY fused.score DESC, c.place) AS of_page
        FROM fused JOIN content_chunk c ON c.id = fused.chunk_id JOIN content_page p ON p.id = c.page_id
        WHERE ${of.site ?? null}::text IS NULL OR p.site = ${of.site ?? null}
      )
      SELECT id, url, title, heading, text, site, language, "readAt", score FROM placed
      WHERE of_page <= ${MOST_OF_A_PAGE} ORDER BY score DESC, url, id LIMIT ${of.limit}`,
  );
}

/** Which of these passages there are no more. */
export async function missingPassages(database: Database, ctx: Tenant, ids: readonly string[]): Promise<string[]> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM unnest(${[...ids]}::uuid[]) AS wanted(id)
      WHERE NOT EXISTS (SELECT FROM content_chunk c WHERE c.id = wanted.id)`,
  );
  return rows.map(({ id }) => id);
}

interface KeptPage {
  readonly url: string;
  readonly site: string;
  readonly title: string;
  readonly language: string | null;
  readonly text: string;
  readonly readAt: Date;
  readonly changedAt: Date;
}

export async function readPage(database: Database, ctx: Tenant, url: string): Promise<KeptPage | undefined> {
  const row = await database.inTenant(ctx, (tx) => tx.contentPage.findFirst({ where: { url: asText(url) } }));
  if (!row) return undefined;
  const { site, title, language, text, readAt, changedAt } = row;
  return { url: row.url, site, title, language, text, readAt, changedAt };
}

interface KeptSite {
  readonly site: string;
  readonly pages: number;
}

/** What there is to search in, by site. */
export function readSites(database: Database, ctx: Tenant): Promise<KeptSite[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<KeptSite[]>`
      SELECT site, count(*)::int AS pages FROM content_page GROUP BY site ORDER BY 2 DESC, 1 LIMIT 100`,
  );
}

/** Postgres takes neither NUL nor half a surrogate pair. */
const asText = (text: string): string => text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ');
