-- CreateTable
CREATE TABLE "site_crawl" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "site" TEXT NOT NULL,
    "start_url" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "max_pages" INTEGER NOT NULL,
    "max_depth" INTEGER NOT NULL,
    "robots" JSONB NOT NULL DEFAULT '{}',
    "known" INTEGER NOT NULL DEFAULT 0,
    "read" INTEGER NOT NULL DEFAULT 0,
    "added" INTEGER NOT NULL DEFAULT 0,
    "changed" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "removed" INTEGER NOT NULL DEFAULT 0,
    "forbidden" INTEGER NOT NULL DEFAULT 0,
    "problems" INTEGER NOT NULL DEFAULT 0,
    "left_out" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "error_code" TEXT,
    "started_by" TEXT NOT NULL,
    "lease_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "site_crawl_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "site_crawl_url" (
    "crawl_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "depth" INTEGER NOT NULL,
    "place" BIGSERIAL NOT NULL,
    "outcome" TEXT,
    "detail" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(3),
    "at" TIMESTAMPTZ(3),

    CONSTRAINT "site_crawl_url_pkey" PRIMARY KEY ("crawl_id","url")
);

-- CreateTable
CREATE TABLE "content_page" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "site" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "language" TEXT,
    "text" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "etag" TEXT,
    "last_modified" TEXT,
    "links" TEXT[],
    "crawl_id" UUID NOT NULL,
    "read_at" TIMESTAMPTZ(3) NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "content_page_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_chunk" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "page_id" UUID NOT NULL,
    "place" INTEGER NOT NULL,
    "heading" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "tokens" INTEGER NOT NULL,
    "words" tsvector,

    CONSTRAINT "content_chunk_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "content_vector" (
    "chunk_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "model" TEXT,
    "vector" BYTEA,
    "version" BIGSERIAL NOT NULL,

    CONSTRAINT "content_vector_pkey" PRIMARY KEY ("chunk_id")
);

-- CreateIndex
CREATE INDEX "site_crawl_tenant_id_created_at_idx" ON "site_crawl"("tenant_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "site_crawl_tenant_id_state_idx" ON "site_crawl"("tenant_id", "state");

-- CreateIndex
CREATE INDEX "site_crawl_url_tenant_id_crawl_id_outcome_idx" ON "site_crawl_url"("tenant_id", "crawl_id", "outcome");

-- CreateIndex
CREATE INDEX "content_page_tenant_id_site_idx" ON "content_page"("tenant_id", "site");

-- CreateIndex
CREATE INDEX "content_page_tenant_id_hash_idx" ON "content_page"("tenant_id", "hash");

-- CreateIndex
CREATE UNIQUE INDEX "content_page_tenant_id_url_key" ON "content_page"("tenant_id", "url");

-- CreateIndex
CREATE INDEX "content_chunk_tenant_id_page_id_idx" ON "content_chunk"("tenant_id", "page_id");

-- CreateIndex
CREATE INDEX "content_words" ON "content_chunk" USING GIN ("tenant_id" uuid_ops, "words" tsvector_ops);

-- CreateIndex
CREATE UNIQUE INDEX "content_chunk_page_id_place_key" ON "content_chunk"("page_id", "place");

-- CreateIndex
CREATE INDEX "content_vector_tenant_id_version_idx" ON "content_vector"("tenant_id", "version");

-- CreateIndex
CREATE INDEX "content_vector_tenant_id_model_idx" ON "content_vector"("tenant_id", "model");

-- AddForeignKey
ALTER TABLE "site_crawl_url" ADD CONSTRAINT "site_crawl_url_crawl_id_fkey" FOREIGN KEY ("crawl_id") REFERENCES "site_crawl"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_chunk" ADD CONSTRAINT "content_chunk_page_id_fkey" FOREIGN KEY ("page_id") REFERENCES "content_page"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "content_vector" ADD CONSTRAINT "content_vector_chunk_id_fkey" FOREIGN KEY ("chunk_id") REFERENCES "content_chunk"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One crawl of a site at a time, whoever starts it; and what waits of one, in its order.
CREATE UNIQUE INDEX site_crawl_open ON site_crawl (tenant_id, site) WHERE state IN ('waiting', 'running');
CREATE INDEX site_crawl_url_waiting ON site_crawl_url (crawl_id, depth, place) WHERE outcome IS NULL;

CREATE FUNCTION content_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.words := setweight(to_tsvector('english', NEW.heading), 'A') || setweight(to_tsvector('english', NEW.text), 'C');
  RETURN NEW;
END $$;
CREATE TRIGGER content_words BEFORE INSERT OR UPDATE OF heading, text ON content_chunk
  FOR EACH ROW EXECUTE FUNCTION content_words();
ALTER INDEX content_words SET (gin_pending_list_limit = 256);

-- As with products: a passage that is new waits for its vector, in the same transaction.
CREATE FUNCTION content_vector_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO content_vector (chunk_id, tenant_id) VALUES (NEW.id, NEW.tenant_id)
  ON CONFLICT (chunk_id) DO UPDATE SET model = NULL, vector = NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER content_vector_waits AFTER INSERT OR UPDATE OF heading, text ON content_chunk
  FOR EACH ROW EXECUTE FUNCTION content_vector_waits();

SELECT protect_tables();
GRANT USAGE ON SEQUENCE content_vector_version_seq, site_crawl_url_place_seq TO switchyard_app;

-- As product_matches (migration product_search, which says why): names candidates of this transaction's tenant, no more.
GRANT SELECT (id, tenant_id, words) ON content_chunk TO switchyard_search;
CREATE POLICY content_search ON content_chunk FOR SELECT TO switchyard_search USING (true);
CREATE FUNCTION content_matches(query text, most integer) RETURNS TABLE (chunk_id uuid, score double precision)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
AS $$
  WITH by_words AS MATERIALIZED (
    SELECT c.id, 0.5 + 0.5 * ts_rank_cd('{0.05, 0.1, 0.3, 1}', c.words, websearch_to_tsquery('english', query), 32) AS score
    FROM content_chunk c
    WHERE c.tenant_id = current_tenant() AND c.words @@ websearch_to_tsquery('english', query)
    ORDER BY score DESC, c.id LIMIT most
  ), lexemes AS (
    SELECT lexeme, count(*) OVER () AS total
    FROM unnest(tsvector_to_array(to_tsvector('english', query))) AS lexeme
    LIMIT 12
  ), by_some_words AS (
    SELECT c.id, 0.4 * count(*) / min(lexemes.total) AS score
    FROM lexemes
    JOIN content_chunk c ON c.tenant_id = current_tenant() AND c.words @@ plainto_tsquery('simple', lexemes.lexeme)
    WHERE NOT EXISTS (SELECT FROM by_words)
    GROUP BY c.id
    HAVING count(*) >= 0.6 * min(lexemes.total)
    ORDER BY score DESC, c.id LIMIT most
  )
  SELECT id, score FROM by_words UNION ALL SELECT id, score FROM by_some_words
$$;
REVOKE ALL ON FUNCTION content_matches(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION content_matches(text, integer) TO switchyard_app;
GRANT CREATE ON SCHEMA public TO switchyard_search;
ALTER FUNCTION content_matches(text, integer) OWNER TO switchyard_search;
REVOKE CREATE ON SCHEMA public FROM switchyard_search;
