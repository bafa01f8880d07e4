-- At 100,000 products of a tenant: what a word of many matches, and a search for similar ones, no longer read all of them twice.

-- What this role answers besides ids and scores: what a search filters and sorts by, so that only the rows of the page that is
-- shown are looked up again.
GRANT SELECT (category, price_micros, stock) ON product TO switchyard_search;

-- Products with at least so many of these words, as one query, which the index answers by itself. Null when there are fewer words.
CREATE FUNCTION words_at_least(words text[], fewest int) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  one tsquery;
  whole tsquery;
BEGIN
  IF cardinality(words) < fewest OR fewest < 1 THEN RETURN NULL; END IF;
  IF cardinality(words) = fewest OR fewest = 1 THEN
    FOR i IN 1 .. cardinality(words) LOOP
      one := plainto_tsquery('simple', words[i]);
      whole := CASE WHEN whole IS NULL THEN one WHEN fewest = 1 AND cardinality(words) > 1 THEN whole || one ELSE whole && one END;
    END LOOP;
    RETURN whole;
  END IF;
  RETURN (plainto_tsquery('simple', words[1]) && words_at_least(words[2:], fewest - 1)) || words_at_least(words[2:], fewest);
END $$;

-- As before, but it filters by itself and gives the best `most` alone, and those of `besides` that match as well: each with its
-- place, which those of one score share, and with how many there are in all. And what is only similar is cut off after some hundreds: past them it is no longer what was meant, and comparing all names takes a fifth of a second.
DROP FUNCTION product_matches(text, text[]);
CREATE FUNCTION product_matches(
  query text, part_numbers text[], of_category text, in_stock boolean, most_micros bigint, most int, besides uuid[]
) RETURNS TABLE (product_id uuid, score double precision, place bigint, sku text, stock int, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET work_mem = '16MB'
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
    SELECT p.id, 0.5 + 0.4 * ts_rank_cd('{0.05, 0.1, 0.3, 1}', p.words, websearch_to_tsquery('english', query), 32) AS score,
      p.sku, p.category, p.price_micros, p.stock
    FROM product p
    WHERE p.tenant_id = current_tenant() AND p.words @@ websearch_to_tsquery('english', query)
  ), as_written AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM by_words) OR EXISTS (SELECT FROM by_sku WHERE by_sku.score >= 0.9) AS found
  ), lexemes AS MATERIALIZED (
    SELECT array_agg(lexeme) AS words, count(*) AS total
    FROM (SELECT lexeme FROM unnest(tsvector_to_array(to_tsvector('english', query))) AS lexeme LIMIT 8) AS first_words
  ), by_some_words AS MATERIALIZED (
    SELECT p.id, 0.4 * (
        SELECT count(*) FROM unnest(lexemes.words) AS lexeme WHERE p.words @@ plainto_tsquery('simple', lexeme)
      ) / lexemes.total AS score
    FROM lexemes
    JOIN product p ON p.tenant_id = current_tenant()
      AND p.words @@ words_at_least(lexemes.words, ceil(0.6 * lexemes.total)::int)
    WHERE NOT (SELECT found FROM as_written)
    LIMIT 1000
  ), by_name AS MATERIALIZED (
    -- Only for what is misspelt: where most of the words occur somewhere, they are what was meant. Without the plural's s: names
    -- are in the singular.
    SELECT p.id, 0.6 * word_similarity(regexp_replace(query, '(\w{3})s\M', '\1', 'g'), p.name) AS score
    FROM product p
    WHERE NOT (SELECT found FROM as_written) AND NOT EXISTS (SELECT FROM by_some_words) AND p.tenant_id = current_tenant()
      AND regexp_replace(query, '(\w{3})s\M', '\1', 'g') <% p.name
    LIMIT 1000
  ), likely AS (
    SELECT id, max(score) AS score
    FROM (
      SELECT id, score FROM by_sku
      UNION ALL SELECT id, score FROM by_name
      UNION ALL SELECT id, score FROM by_some_words
    ) AS some_way GROUP BY id
  ), found AS (
    -- what was found by its words is not looked up again
    SELECT by_words.id, greatest(by_words.score, likely.score) AS score, by_words.sku, by_words.category, by_words.price_micros,
      by_words.stock
    FROM by_words LEFT JOIN likely USING (id)
    UNION ALL
    SELECT p.id, likely.score, p.sku, p.category, p.price_micros, p.stock
    FROM likely JOIN product p USING (id)
    WHERE NOT EXISTS (SELECT FROM by_words WHERE by_words.id = likely.id)
  ), fitting AS MATERIALIZED (
    SELECT found.id, found.score, found.sku, found.stock FROM found
    WHERE (of_category IS NULL OR found.category = of_category) AND (in_stock IS NULL OR (found.stock > 0) = in_stock)
      AND (most_micros IS NULL OR found.price_micros <= most_micros)
  ), places AS MATERIALIZED (
    SELECT score, 1 + coalesce(sum(many) OVER (ORDER BY score DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS place
    FROM (SELECT score, count(*) AS many FROM fitting GROUP BY score) AS same
  )
  SELECT shown.id, shown.score, places.place::bigint, shown.sku, shown.stock, (SELECT count(*) FROM fitting)
  FROM (
    (SELECT * FROM fitting ORDER BY score DESC, stock > 0 DESC, sku LIMIT most)
    UNION SELECT * FROM fitting WHERE id = ANY(besides)
  ) AS shown JOIN places USING (score)
$$;
REVOKE ALL ON FUNCTION product_matches(text, text[], text, boolean, bigint, int, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION product_matches(text, text[], text, boolean, bigint, int, uuid[]) TO switchyard_app;
GRANT switchyard_search TO CURRENT_USER;
GRANT CREATE ON SCHEMA public TO switchyard_search;
ALTER FUNCTION product_matches(text, text[], text, boolean, bigint, int, uuid[]) OWNER TO switchyard_search;
REVOKE CREATE ON SCHEMA public FROM switchyard_search;
