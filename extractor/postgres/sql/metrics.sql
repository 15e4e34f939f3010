-- What the metrics tell about the tables; it changes nothing. Columns are labels or values, as `families.py` names
-- them.

-- rows --
-- Rows by source and status, zeros included; ages are of rows that are not finished, in seconds since their INSERT.
SELECT coalesce(known.source, q.source) AS source, coalesce(known.status, q.status) AS status,
       coalesce(q.rows, 0) AS rows, coalesce(q.due, 0) AS due, coalesce(q.spooled, 0) AS spooled,
       CASE WHEN coalesce(known.status, q.status) IN ('En attente', 'En traitement')
            THEN greatest(q.age, 0) END AS age
FROM (SELECT c.document_source AS source, s.status
      FROM public.source_control c
      CROSS JOIN (VALUES ('En attente'), ('En traitement'), ('Complété'), ('Erreur')) AS s (status)) AS known
FULL JOIN (
    SELECT n.source, n.status, n.rows, coalesce(w.spooled, 0) AS spooled,
           CASE n.status WHEN 'En attente' THEN n.rows - coalesce(w.not_due, 0) ELSE 0 END AS due,
           extract(epoch FROM now() - CASE n.status
               WHEN 'En attente' THEN (SELECT min(o.created_at) FROM public.extraction_queue o
                                       WHERE o.status = 'En attente' AND o.document_source = n.source)
               WHEN 'En traitement' THEN (SELECT min(o.created_at) FROM public.extraction_queue o
                                          WHERE o.status = 'En traitement'
                                            AND coalesce(o.document_source, '?') = n.source)
           END)::float AS age
    FROM (SELECT document_source AS source, status, sum(rows)::bigint AS rows
          FROM public.extraction_counts
          GROUP BY 1, 2
          HAVING sum(rows) <> 0) AS n
    LEFT JOIN (
        SELECT document_source AS source, 'En attente' AS status, count(*) AS not_due, count(*) FILTER (WHERE spooled) AS spooled
        FROM (SELECT document_source, false AS spooled FROM public.extraction_queue
              WHERE status = 'En attente' AND coalesce(available_at, '-infinity') > now()
                AND NOT public.extraction_queue_is_spooled(spooled_on, spooled_until)
              UNION ALL
              SELECT document_source, true FROM public.extraction_queue
              WHERE status = 'En attente' AND spooled_on IS NOT NULL
                AND public.extraction_queue_is_spooled(spooled_on, spooled_until)) AS o
        GROUP BY 1) AS w USING (source, status)
) AS q ON q.source = known.source AND q.status = known.status
ORDER BY 1, 2;

-- lag --
-- How long rows that were sent in the last minutes had been due; no row for a source without any.
SELECT document_source AS source, extract(epoch FROM greatest(max(dispatched_at - available_at), '0'))::float AS lag
FROM public.extraction_queue
WHERE dispatched_at > now() - interval '5 minutes' AND document_source IS NOT NULL
GROUP BY 1;

-- held --
-- Rows in Erreur by their code: they wait for a person.
SELECT document_source AS source, error_code AS code, sum(rows)::bigint AS rows
FROM public.extraction_counts
WHERE status = 'Erreur'
GROUP BY 1, 2
HAVING sum(rows) <> 0;

-- attempts --
-- Finished attempts by how they ended. With a zero for each end that an alert looks at: an increase is seen from a
-- sample that was there before.
SELECT source, outcome, code, sum(attempts)::bigint AS attempts, sum(uploads)::bigint AS uploads
FROM (
    SELECT t.document_source AS source, coalesce(t.outcome, '') AS outcome, coalesce(t.error_code, '') AS code,
           count(*) AS attempts, count(t.uploaded_at) AS uploads
    FROM public.extraction_open_days d
    CROSS JOIN LATERAL (SELECT * FROM public.extraction_attempts t
                        WHERE t.finished_at >= d.begins AND t.finished_at < d.ends OFFSET 0) AS t
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT document_source, outcome, name, number, uploads FROM public.extraction_closed_sums WHERE kind = 'attempt'
    UNION ALL
    SELECT c.document_source, ends.outcome, ends.code, 0, 0
    FROM public.source_control c
    CROSS JOIN (VALUES ('completed', ''), ('lost', 'worker_lost'), ('hold', ''), ('retry', ''), ('snooze', ''))
               AS ends (outcome, code)) AS counted
GROUP BY 1, 2, 3;

-- consultations --
-- Consultations by how their attempt ended; `unfinished` when no worker ended it: the row went to a later attempt, or a
-- day has passed. Those of attempts in work are left out, for their clicks may still turn out to be free, and a counter
-- must not fall. Zeros as in `attempts`.
-- price (of a consultation)
WITH open AS MATERIALIZED (
    SELECT k.document_source, t.outcome
    FROM public.extraction_open_consultations k
    LEFT JOIN LATERAL (SELECT * FROM public.extraction_attempts t WHERE t.id = k.attempt_id LIMIT 1) AS t ON true
    WHERE t.finished_at IS NOT NULL
       OR k.clicked_at < now() - interval '1 day'
       OR (SELECT max(later.id) FROM public.extraction_attempts later WHERE later.job_id = k.job_id) > k.attempt_id
), counted AS (
    SELECT document_source AS source, coalesce(outcome, 'unfinished') AS outcome, count(*) AS consultations
    FROM open
    GROUP BY 1, 2
    UNION ALL
    SELECT document_source, outcome, sum(number)::bigint
    FROM public.extraction_closed_sums
    WHERE kind = 'consultation'
    GROUP BY 1, 2
)
SELECT source, outcome, sum(consultations)::bigint AS consultations,
       sum(consultations) * %(price)s::numeric AS dollars
FROM counted
GROUP BY 1, 2
UNION ALL
SELECT c.document_source, ends.outcome, 0, 0
FROM public.source_control c
CROSS JOIN (VALUES ('completed'), ('lost'), ('hold'), ('retry'), ('snooze'), ('unfinished')) AS ends (outcome);

-- steps --
-- How long the steps of finished attempts took: `bucket` is the first of the bounds that a duration stays below. A closed
-- day keeps the buckets that it was closed with.
-- bounds
SELECT source, step, bucket, sum(steps)::bigint AS steps, sum(seconds) AS seconds
FROM (
    SELECT t.document_source AS source, step.name AS step, width_bucket(step.seconds, %(bounds)s::float[]) AS bucket,
           count(*) AS steps, sum(step.seconds) AS seconds
    FROM public.extraction_open_days d
    CROSS JOIN LATERAL (SELECT * FROM public.extraction_attempts t
                        WHERE t.finished_at >= d.begins AND t.finished_at < d.ends OFFSET 0) AS t
    CROSS JOIN LATERAL public.extraction_attempt_steps(t.started_at, t.consultation_at, t.document_saved_at,
                                                       t.uploaded_at, t.finished_at, t.outcome) AS step
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT document_source, name, bucket, sum(number)::bigint, sum(seconds)
    FROM public.extraction_closed_sums
    WHERE kind = 'step'
    GROUP BY 1, 2, 3
) AS both_kinds
GROUP BY 1, 2, 3;

-- money --
-- Today's consultations, as the daily limit counts them, and the rows that may have been paid twice.
SELECT public.registry_consultations_today() AS today,
       (SELECT count(*)
        FROM (SELECT DISTINCT job_id FROM public.extraction_paid_again) AS again
        CROSS JOIN LATERAL (SELECT FROM public.extraction_clicks k
                            WHERE k.job_id = again.job_id AND k.free_at IS NULL
                            HAVING count(DISTINCT (k.attempt_id, k.consultation)) > 1) AS twice) AS twice;

-- logins --
-- Logins at the site, by how they ended.
SELECT result, logins FROM public.registry_logins ORDER BY result;

-- sources --
-- What keeps each source back, and the sessions that serve it: processes that beat, hold an account and name no
-- trouble.
-- worker_beat_seconds
SELECT c.document_source AS source, c.paused::integer AS paused,
       (c.paused AND c.money_stopped)::integer AS stopped, (c.broken_until IS NOT NULL)::integer AS broken,
       c.site_failures,
       (SELECT count(*) FROM public.worker_status w
        WHERE public.process_state(w.status, w.last_heartbeat, %(worker_beat_seconds)s) IN ('idle', 'busy')
          AND w.account_id IS NOT NULL
          AND (w.queues IS NULL OR c.document_source = ANY(w.queues))) AS sessions
FROM public.source_control c
ORDER BY 1;

-- workers --
-- Worker processes of the last day by state; those that said offline are gone.
-- worker_beat_seconds
SELECT public.process_state(w.status, w.last_heartbeat, %(worker_beat_seconds)s) AS state, count(*) AS processes
FROM public.worker_status w
WHERE w.status <> 'offline' AND w.last_heartbeat > now() - interval '1 day'
GROUP BY 1;

-- bridges --
-- Bridges that beat; `proof_age` is NULL when no notification ever came back.
-- bridge_beat_seconds
SELECT bridge_id AS bridge, (mode = 'listening')::integer AS listening,
       extract(epoch FROM now() - proven_at)::float AS proof_age
FROM public.bridge_status
WHERE public.process_state(mode, last_heartbeat, %(bridge_beat_seconds)s) NOT IN ('offline', 'silent');

-- webhooks --
-- The age of the oldest event in the outbox, in seconds; 0 without one.
SELECT coalesce(greatest(extract(epoch FROM now() - min(e.at)), 0), 0)::float AS age
FROM public.webhook_deliveries d
JOIN public.extraction_events e ON e.id = d.event_id;
