-- What `extractor prune` deletes, and the sums that it keeps of it; extraction_prunable (0002) says what it spares.

-- count --
-- What `prune` would delete now, and how many of the consultations among it were perhaps charged.
-- days (older than this many)
WITH chosen AS MATERIALIZED (
    SELECT id, completed_at FROM public.extraction_prunable
    WHERE completed_at < now() - make_interval(days => %(days)s) AND latest_at < now() - make_interval(days => %(days)s)
), clicks AS (
    SELECT k.* FROM public.extraction_clicks k WHERE k.job_id IN (SELECT id FROM chosen)
)
SELECT (SELECT count(*) FROM chosen) AS rows,
       (SELECT min(completed_at) FROM chosen) AS oldest_at,
       (SELECT count(*) FROM public.extraction_attempts t WHERE t.job_id IN (SELECT id FROM chosen)) AS attempts,
       (SELECT count(*) FROM clicks) AS clicks,
       (SELECT count(DISTINCT (attempt_id, consultation)) FROM clicks WHERE free_at IS NULL) AS consultations;

-- prune --
-- Deletes some of these rows with their attempts and clicks, and keeps what they cost as sums of their days, in one
-- statement: a kill leaves all of it or nothing. A row that somebody has locked is left for a later call.
-- days, limit (rows), bounds (of the durations of steps)
WITH chosen AS MATERIALIZED (
    SELECT q.id, q.completed_at
    FROM public.extraction_queue q
    JOIN public.extraction_prunable p ON p.id = q.id
    WHERE q.status IN ('Complété', 'Erreur') AND p.completed_at < now() - make_interval(days => %(days)s)
      AND p.latest_at < now() - make_interval(days => %(days)s)
    ORDER BY p.completed_at
    LIMIT %(limit)s
    FOR UPDATE OF q SKIP LOCKED
), rows AS (
    DELETE FROM public.extraction_queue q USING chosen WHERE q.id = chosen.id RETURNING q.id
), again AS (
    DELETE FROM public.extraction_paid_again p USING chosen WHERE p.job_id = chosen.id
), attempts AS (
    DELETE FROM public.extraction_attempts t USING chosen WHERE t.job_id = chosen.id RETURNING t.*
), clicks AS (
    DELETE FROM public.extraction_clicks k USING chosen WHERE k.job_id = chosen.id RETURNING k.*
), consultations AS (
    SELECT k.attempt_id, k.consultation, k.document_source, k.account_id, max(k.clicked_at) AS clicked_at
    FROM clicks k
    WHERE k.free_at IS NULL
    GROUP BY 1, 2, 3, 4
), kept_consultations AS (
    INSERT INTO public.extraction_days (day, kind, document_source, account_id, outcome, number, is_pruned)
    SELECT public.registry_day(k.clicked_at), 'consultation', k.document_source, k.account_id,
           coalesce(t.outcome, 'unfinished'), count(*), true
    FROM consultations k
    LEFT JOIN attempts t ON t.id = k.attempt_id
    GROUP BY 1, 2, 3, 4, 5
), kept_attempts AS (
    INSERT INTO public.extraction_days (day, kind, document_source, outcome, name, number, uploads, is_pruned)
    SELECT public.registry_day(finished_at), 'attempt', document_source, coalesce(outcome, ''),
           coalesce(error_code, ''), count(*), count(uploaded_at), true
    FROM attempts
    GROUP BY 1, 2, 3, 4, 5
), kept_steps AS (
    INSERT INTO public.extraction_days (day, kind, document_source, name, bucket, number, seconds, is_pruned)
    SELECT public.registry_day(t.finished_at), 'step', t.document_source, step.name,
           width_bucket(step.seconds, %(bounds)s::float[]), count(*), sum(step.seconds), true
    FROM attempts t
    CROSS JOIN LATERAL public.extraction_attempt_steps(t.started_at, t.consultation_at, t.document_saved_at,
                                                       t.uploaded_at, t.finished_at, t.outcome) AS step
    GROUP BY 1, 2, 3, 4, 5
)
SELECT (SELECT count(*) FROM rows) AS rows,
       (SELECT min(completed_at) FROM chosen) AS oldest_at,
       (SELECT count(*) FROM attempts) AS attempts,
       (SELECT count(*) FROM clicks) AS clicks,
       (SELECT count(*) FROM consultations) AS consultations;
