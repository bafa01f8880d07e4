-- Product search. Behind row-level security PostgreSQL uses an index only for leakproof operators, which neither @@ nor
-- the trigram ones are: the indexes of `product` would be dead weight, and each search would read the whole catalogue.
-- So the candidates are found by a function of a role of its own, which names the tenant itself and answers ids and
-- scores, nothing else. Whoever calls it joins them to `product` under its own row-level security.

-- What full text sees of a product; the weight says where a word stood.
CREATE FUNCTION product_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.words := setweight(to_tsvector('english', NEW.name), 'A')
    || setweight(to_tsvector('simple', NEW.sku), 'A')
    || setweight(to_tsvector('english', NEW.category || ' ' || NEW.manufacturer), 'B')
    || setweight(to_tsvector('english', left(NEW.description, 100000)), 'C'); -- a tsvector holds 1 MB at most
  RETURN NEW;
END $$;
CREATE TRIGGER product_words BEFORE INSERT OR UPDATE OF sku, name, description, category, manufacturer ON product
  FOR EACH ROW EXECUTE FUNCTION product_words();

-- New entries wait unmerged, and each search reads all that wait: no more than this, in kB (the default is 4,096). None
-- at all (fastupdate = off) would make a sync three times slower.
ALTER INDEX product_words SET (gin_pending_list_limit = 256);
ALTER INDEX product_sku_trigram SET (gin_pending_list_limit = 256);
ALTER INDEX product_name_trigram SET (gin_pending_list_limit = 256);

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'switchyard_search') THEN
    CREATE ROLE switchyard_search NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO switchyard_search;
GRANT SELECT (id, tenant_id, sku, name, words) ON product TO switchyard_search;
CREATE POLICY product_search ON product FOR SELECT TO switchyard_search USING (true);

-- For after many new products: by the old statistics the planner would read the tenant's whole catalogue. Before
-- PostgreSQL 17 there is no such right; then this only warns, and autovacuum does it within a minute.
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE 'GRANT MAINTAIN ON product TO switchyard_search';
  END IF;
END $$;
CREATE FUNCTION analyze_products() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ BEGIN ANALYZE product; END $$;

-- The products of this transaction's tenant that match, with a score from 0 to 1. `query` is in websearch syntax,
-- `part_numbers` are the words of it that may be a SKU. Misspelt words and partial matches count only where nothing
-- matches as written.
CREATE FUNCTION product_matches(query text, part_numbers text[]) RETURNS TABLE (product_id uuid, score double precision)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET pg_trgm.similarity_threshold = 0.4
SET pg_trgm.word_similarity_threshold = 0.45
AS $$
  WITH by_sku AS MATERIALIZED (
    SELECT p.id, max(CASE
        WHEN lower(p.sku) = lower(part.number) THEN CASE WHEN lower(query) = lower(part.number) THEN 1 ELSE 0.95 END
        WHEN regexp_replace(lower(p.sku), '[^a-z0-9]', '', 'g') = regexp_replace(lower(part.number), '[^a-z0-9]', '', 'g') THEN 0.9
        WHEN starts_with(lower(p.sku), lower(part.number)) THEN 0.75 + 0.1 * similarity(p.sku, part.number)
        ELSE 0.8 * similarity(p.sku, part.number)
      END) AS score
    FROM unnest(part_numbers) AS part(number)
    JOIN product p ON p.tenant_id = current_tenant() AND p.sku % part.number
    GROUP BY p.id
  ), by_words AS MATERIALIZED (
    SELECT p.id, 0.5 + 0.4 * ts_rank_cd('{0.05, 0.1, 0.3, 1}', p.words, websearch_to_tsquery('english', query), 32) AS score
    FROM product p
    WHERE p.tenant_id = current_tenant() AND p.words @@ websearch_to_tsquery('english', query)
  ), as_written AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM by_words) OR EXISTS (SELECT FROM by_sku WHERE by_sku.score >= 0.9) AS found
  ), by_name AS (
    -- without the plural's s: names are in the singular
    SELECT p.id, 0.6 * word_similarity(regexp_replace(query, '(\w{3})s\M', '\1', 'g'), p.name) AS score
    FROM product p
    WHERE NOT (SELECT found FROM as_written) AND p.tenant_id = current_tenant()
      AND regexp_replace(query, '(\w{3})s\M', '\1', 'g') <% p.name
  ), lexemes AS (
    SELECT lexeme, count(*) OVER () AS total
    FROM unnest(tsvector_to_array(to_tsvector('english', query))) AS lexeme
    LIMIT 12
  ), by_some_words AS (
    SELECT p.id, 0.4 * count(*) / min(lexemes.total) AS score
    FROM lexemes
    JOIN product p ON p.tenant_id = current_tenant() AND p.words @@ plainto_tsquery('simple', lexemes.lexeme)
    WHERE NOT (SELECT found FROM as_written)
    GROUP BY p.id
    HAVING count(*) >= 0.6 * min(lexemes.total)
  )
  SELECT found.id, max(found.score)
  FROM (
    SELECT id, score FROM by_sku
    UNION ALL SELECT id, score FROM by_words
    UNION ALL SELECT id, score FROM by_name
    UNION ALL SELECT id, score FROM by_some_words
  ) AS found
  GROUP BY found.id
$$;
REVOKE ALL ON FUNCTION product_matches(text, text[]), analyze_products() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION product_matches(text, text[]), analyze_products() TO switchyard_app;

-- An owner who is no superuser must be a member of the role, and the role allowed to create, to hand the functions over.
GRANT switchyard_search TO CURRENT_USER;
GRANT CREATE ON SCHEMA public TO switchyard_search;
ALTER FUNCTION product_matches(text, text[]) OWNER TO switchyard_search;
ALTER FUNCTION analyze_products() OWNER TO switchyard_search;
REVOKE CREATE ON SCHEMA public FROM switchyard_search;
