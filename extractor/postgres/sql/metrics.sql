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

-- history --
-- What ended, in three kinds of rows: finished attempts, consultations by how their attempt ended, and the steps of
-- finished attempts (`bucket` is the first of the bounds that a duration stays below; a closed day keeps the buckets that
-- it was closed with). The attempts of open days are read once for all three.
-- A consultation is `unfinished` when no worker ended it: the row went to a later attempt, or a day has passed. Those of
-- attempts in progress are left out, for their clicks may still turn out to be free, and a counter must not fall.
-- With a zero for each end that an alert looks at: an increase is seen from a sample that was there before.
-- bounds, price (of a consultation)
WITH ended AS MATERIALIZED (
    SELECT t.id, t.document_source, t.outcome, t.error_code, t.started_at, t.consultation_at, t.document_saved_at,
           t.uploaded_at, t.finished_at
    FROM public.extraction_open_days d
    CROSS JOIN LATERAL (SELECT * FROM public.extraction_attempts t
                        WHERE t.finished_at >= d.begins AND t.finished_at < d.ends OFFSET 0) AS t
), consulted AS MATERIALIZED (
    SELECT job_id, attempt_id, document_source, clicked_at FROM public.extraction_open_consultations
), counted AS (
    SELECT 'attempt' AS kind, document_source AS source, coalesce(outcome, '') AS outcome,
           coalesce(error_code, '') AS name, NULL::integer AS bucket, count(*) AS number, count(uploaded_at) AS uploads,
           0::float AS seconds
    FROM ended
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT 'step', t.document_source, '', step.name, width_bucket(step.seconds, %(bounds)s::float[]), count(*), 0,
           sum(step.seconds)
    FROM ended t
    CROSS JOIN LATERAL public.extraction_attempt_steps(t.started_at, t.consultation_at, t.document_saved_at,
                                                       t.uploaded_at, t.finished_at, t.outcome) AS step
    GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT 'consultation', k.document_source, coalesce(e.outcome, t.outcome, 'unfinished'), '', NULL, count(*), 0, 0
    FROM consulted k
    LEFT JOIN ended e ON e.id = k.attempt_id
    LEFT JOIN LATERAL (SELECT * FROM public.extraction_attempts t  -- one that goes on, or ended on a closed day
                       WHERE e.id IS NULL AND t.id = k.attempt_id LIMIT 1) AS t ON true
    WHERE e.id IS NOT NULL
       OR t.finished_at IS NOT NULL
       OR k.clicked_at < now() - interval '1 day'
       OR (SELECT max(later.id) FROM public.extraction_attempts later WHERE later.job_id = k.job_id) > k.attempt_id
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT kind, document_source, outcome, name, bucket, sum(number)::bigint, sum(uploads)::bigint, sum(seconds)
    FROM public.extraction_closed_sums
    WHERE kind IN ('attempt', 'step', 'consultation')
    GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT ends.kind, c.document_source, ends.outcome, ends.code, NULL, 0, 0, 0
    FROM public.source_control c
    CROSS JOIN (VALUES ('attempt', 'completed', ''), ('attempt', 'lost', 'worker_lost'), ('attempt', 'hold', ''),
                       ('attempt', 'retry', ''), ('attempt', 'snooze', ''),
                       ('consultation', 'completed', ''), ('consultation', 'lost', ''), ('consultation', 'hold', ''),
                       ('consultation', 'retry', ''), ('consultation', 'snooze', ''), ('consultation', 'unfinished', ''))
               AS ends (kind, outcome, code)
)
SELECT kind, source, outcome, name AS code, name AS step, bucket, sum(number)::bigint AS number, sum(uploads)::bigint AS uploads,
       sum(seconds) AS seconds, sum(number) FILTER (WHERE kind = 'consultation') * %(price)s::numeric AS dollars
FROM counted
GROUP BY kind, source, outcome, name, bucket;

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
