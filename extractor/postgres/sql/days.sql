-- How a bridge closes days; extraction_open_days and extraction_closed_sums (0002) say what is read of which day.

-- lock --
-- Whoever closes days is alone at it until the end of the transaction. False while another bridge is.
SELECT pg_try_advisory_xact_lock(hashtextextended('extraction_days', 0)) AS is_mine;

-- close --
-- Sums up some days that have been over for two, the first ones first, in one snapshot, and returns how many. The
-- line in extraction_reopened_days of a change that this snapshot lacks is not in it either, so it outlives this.
-- limit, bounds (of the durations of steps)
WITH days AS MATERIALIZED (
    SELECT day, begins, ends FROM public.extraction_open_days
    WHERE day < public.registry_day(now()) - 2
    ORDER BY day
    LIMIT %(limit)s
), forgotten AS (
    DELETE FROM public.extraction_reopened_days r USING days WHERE r.day = days.day
), replaced AS (
    DELETE FROM public.extraction_days s USING days WHERE s.day = days.day AND NOT s.is_pruned
), closed AS (
    INSERT INTO public.extraction_closed_days (day) SELECT day FROM days ON CONFLICT DO NOTHING
), ended AS MATERIALIZED (
    SELECT days.day, t.*
    FROM days
    CROSS JOIN LATERAL (SELECT * FROM public.extraction_attempts t
                        WHERE t.finished_at >= days.begins AND t.finished_at < days.ends OFFSET 0) AS t
), consultations AS (
    INSERT INTO public.extraction_days (day, kind, document_source, account_id, outcome, number)
    SELECT k.day, 'consultation', k.document_source, k.account_id, coalesce(t.outcome, 'unfinished'), count(*)
    FROM days
    JOIN public.extraction_open_consultations k ON k.day = days.day
    LEFT JOIN LATERAL (SELECT * FROM public.extraction_attempts t WHERE t.id = k.attempt_id LIMIT 1) AS t ON true
    GROUP BY 1, 2, 3, 4, 5
), clicked AS (
    INSERT INTO public.extraction_days (day, kind, document_source, number)
    SELECT k.day, 'clicked', k.document_source, count(*)
    FROM (SELECT DISTINCT days.day, k.document_source, k.attempt_id, k.consultation
          FROM days
          CROSS JOIN LATERAL (SELECT * FROM public.extraction_clicks k
                              WHERE k.free_at IS NULL AND k.clicked_at >= days.begins AND k.clicked_at < days.ends
                              OFFSET 0) AS k) AS k
    GROUP BY 1, 2, 3
), attempts AS (
    INSERT INTO public.extraction_days (day, kind, document_source, outcome, name, number, uploads)
    SELECT day, 'attempt', document_source, coalesce(outcome, ''), coalesce(error_code, ''), count(*), count(uploaded_at)
    FROM ended
    GROUP BY 1, 2, 3, 4, 5
), steps AS (
    INSERT INTO public.extraction_days (day, kind, document_source, name, bucket, number, seconds)
    SELECT t.day, 'step', t.document_source, step.name, width_bucket(step.seconds, %(bounds)s::float[]), count(*),
           sum(step.seconds)
    FROM ended t
    CROSS JOIN LATERAL public.extraction_attempt_steps(t.started_at, t.consultation_at, t.document_saved_at,
                                                       t.uploaded_at, t.finished_at, t.outcome) AS step
    GROUP BY 1, 2, 3, 4, 5
)
SELECT count(*) AS days FROM days;
