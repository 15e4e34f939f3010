-- What the bridge does to extraction_counts; the triggers of extraction_queue write it (0003), and reports read its sums.

-- lock --
-- Whoever folds or counts again is alone at it until the end of the transaction. False while another bridge is.
SELECT pg_try_advisory_xact_lock(hashtextextended('extraction_counts', 0)) AS is_mine;

-- fold --
-- Puts the differences of each group into one, in one snapshot: those of a transaction that has not ended stay as they
-- are. Returns how many rows it removed.
WITH differences AS (
    DELETE FROM public.extraction_counts RETURNING document_source, status, error_code, rows
), folded AS (
    INSERT INTO public.extraction_counts (document_source, status, error_code, rows)
    SELECT document_source, status, error_code, sum(rows) FROM differences GROUP BY 1, 2, 3 HAVING sum(rows) <> 0
)
SELECT count(*) AS removed FROM differences;

-- is_long --
-- Whether enough differences lie there that a fold is worth its writes.
-- limit
SELECT count(*) > %(limit)s AS is_long FROM (SELECT FROM public.extraction_counts LIMIT %(limit)s + 1) AS first;

-- recount --
-- Counts every row again, in one snapshot, and returns the groups that were wrong: none, unless somebody disabled the
-- triggers.
WITH differences AS (
    DELETE FROM public.extraction_counts RETURNING document_source, status, error_code, rows
), said AS (
    SELECT document_source, status, error_code, sum(rows) AS rows FROM differences GROUP BY 1, 2, 3
), found AS (
    SELECT coalesce(document_source, '?') AS document_source, coalesce(status, '') AS status,
           coalesce(error_code, '') AS error_code, count(*) AS rows
    FROM public.extraction_queue
    GROUP BY 1, 2, 3
), counted AS (
    INSERT INTO public.extraction_counts (document_source, status, error_code, rows) SELECT * FROM found
)
SELECT document_source AS source, status, error_code, coalesce(said.rows, 0)::bigint AS said,
       coalesce(found.rows, 0) AS found
FROM said
FULL JOIN found USING (document_source, status, error_code)
WHERE coalesce(said.rows, 0) <> coalesce(found.rows, 0);
