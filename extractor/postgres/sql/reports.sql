-- What a person reads about rows, workers, accounts, bridges and money; it changes nothing.

-- sources --
-- Every source with its rows by status, the age of the oldest waiting one, and what keeps the source back. Only rows
-- that fit every given filter are counted.
-- batch_id, reference (each of these may be NULL)
WITH counted AS (  -- all rows: by what the triggers counted
    SELECT document_source AS source, status, sum(rows)::bigint AS rows
    FROM public.extraction_counts
    WHERE %(batch_id)s::text IS NULL AND %(reference)s::text IS NULL
    GROUP BY 1, 2
    HAVING sum(rows) <> 0
), one_by_one AS (  -- the rows of a batch or a dossier, by its index
    SELECT coalesce(document_source, '?') AS source, status, created_at
    FROM public.extraction_queue
    WHERE num_nonnulls(%(batch_id)s::text, %(reference)s::text) > 0
      AND (%(batch_id)s::text IS NULL OR batch_id::text = %(batch_id)s)
      AND (%(reference)s::text IS NULL OR reference::text = %(reference)s)
), groups AS (
    SELECT source, status, rows,
           CASE status WHEN 'En attente' THEN (SELECT min(q.created_at) FROM public.extraction_queue q
                                               WHERE q.status = 'En attente' AND q.document_source = source) END AS oldest_at
    FROM counted
    UNION ALL
    SELECT source, status, count(*), min(created_at) FROM one_by_one GROUP BY 1, 2
)
SELECT coalesce(c.document_source, q.source) AS source,
       coalesce(q.waiting, 0) AS waiting, coalesce(q.running, 0) AS running,
       coalesce(q.completed, 0) AS completed, coalesce(q.failed, 0) AS failed,
       CASE WHEN q.oldest_waiting_at IS NOT NULL
            THEN greatest(extract(epoch FROM now() - q.oldest_waiting_at), 0)::float END AS oldest_waiting_seconds,
       coalesce(c.paused, false) AS paused, c.paused_by, c.reason, c.since,
       CASE WHEN public.source_control_is_broken(c.broken_until) THEN c.broken_until END AS broken_until,
       coalesce(c.broken_until <= now(), false) AS is_probed,
       coalesce(c.site_failures, 0) AS site_failures, c.broken_reason
FROM public.source_control c
FULL JOIN (
    SELECT source,
           sum(rows) FILTER (WHERE status = 'En attente')::bigint AS waiting,
           sum(rows) FILTER (WHERE status = 'En traitement')::bigint AS running,
           sum(rows) FILTER (WHERE status = 'Complété')::bigint AS completed,
           sum(rows) FILTER (WHERE status = 'Erreur')::bigint AS failed,
           min(oldest_at) FILTER (WHERE status = 'En attente') AS oldest_waiting_at
    FROM groups
    GROUP BY 1
) AS q ON q.source = c.document_source
ORDER BY 1;

-- count_doubtful --
-- How many waiting rows that fit every given filter the registry will probably refuse.
-- batch_id, reference (each of these may be NULL)
SELECT count(*) AS rows
FROM public.extraction_queue_doubtful d
JOIN public.extraction_queue q ON q.id = d.id
WHERE (%(batch_id)s::text IS NULL OR q.batch_id::text = %(batch_id)s)
  AND (%(reference)s::text IS NULL OR q.reference::text = %(reference)s);

-- workers --
-- Every worker process that was ever registered; `silent` when it stopped beating without saying offline.
-- worker_beat_seconds
SELECT w.worker_id, public.process_state(w.status, w.last_heartbeat, %(worker_beat_seconds)s) AS state,
       w.host, w.pid, w.queues, w.message, w.current_job_id, a.username, w.started_at, w.last_heartbeat,
       coalesce(w.jobs_completed, 0) AS jobs_completed, coalesce(w.jobs_failed, 0) AS jobs_failed
FROM public.worker_status w
LEFT JOIN public.worker_accounts a ON a.id = w.account_id
ORDER BY w.worker_id;

-- bridges --
-- Every bridge, and whether it lately showed that it lives.
-- bridge_beat_seconds
SELECT bridge_id, host, pid, public.process_state(mode, last_heartbeat, %(bridge_beat_seconds)s) AS state,
       message, proven_at, messages_sent, started_at, last_heartbeat
FROM public.bridge_status
ORDER BY bridge_id;

-- accounts --
-- Every account in exactly one condition; never a password.
-- openable (how a seal begins that can be opened)
SELECT id, username, coalesce(is_active, false) AS is_active, coalesce(failure_count, 0) AS failure_count,
       last_used, last_error,
       s.leased_by, s.lease_expires_at,
       CASE WHEN resting_until > now() THEN resting_until END AS resting_until,
       public.worker_accounts_condition(a, %(openable)s) AS condition
FROM public.worker_accounts a
LEFT JOIN public.registry_sessions s
    ON s.user_code = public.worker_accounts_user_code(a.username) AND s.lease_expires_at > now()
ORDER BY created_at, username, id;

-- consultations --
-- Consultations, each perhaps charged, by source and account: today and this month (the registry's days), and ever.
WITH open AS MATERIALIZED (
    SELECT document_source, account_id, clicked_at FROM public.extraction_open_consultations
), counted AS (
    SELECT document_source, account_id, count(*) FILTER (WHERE clicked_at >= public.registry_today()) AS today,
           count(*) FILTER (WHERE clicked_at >= public.registry_this_month()) AS this_month, count(*) AS ever
    FROM open
    GROUP BY 1, 2
    UNION ALL
    SELECT document_source, account_id, 0,
           coalesce(sum(number) FILTER (WHERE day >= public.registry_day(public.registry_this_month())), 0),
           sum(number)
    FROM public.extraction_closed_sums
    WHERE kind = 'consultation'
    GROUP BY 1, 2
)
SELECT k.document_source AS source, k.account_id, a.username,
       sum(k.today)::bigint AS today, sum(k.this_month)::bigint AS this_month, sum(k.ever)::bigint AS ever
FROM counted k
LEFT JOIN public.worker_accounts a ON a.id = k.account_id
GROUP BY 1, 2, 3
ORDER BY a.username, 2, 1;

-- consultations_between --
-- Each consultation of a period, perhaps charged, the first one first; a consultation has the moment of its last click,
-- as `consultations` counts it.
-- since, until (each of these may be NULL)
SELECT k.consultation_at, k.job_id, k.document_source AS source, q.document_number, q.reference::text AS reference,
       k.attempt_id, k.consultation, k.account_id, a.username, k.document_saved_at IS NOT NULL AS is_saved,
       EXISTS (SELECT FROM public.extraction_attempts t
               WHERE t.job_id = k.job_id AND t.uploaded_at >= k.document_saved_at) AS is_stored,
       coalesce(q.attempt_id = k.attempt_id AND q.status = 'En traitement', false) AS is_in_progress
FROM (SELECT job_id, attempt_id, consultation, document_source, account_id, max(clicked_at) AS consultation_at,
             max(document_saved_at) AS document_saved_at
      FROM public.extraction_clicks
      WHERE free_at IS NULL
        AND (%(since)s::timestamptz IS NULL OR clicked_at >= %(since)s::timestamptz)
        AND (%(until)s::timestamptz IS NULL OR clicked_at < %(until)s::timestamptz)
      GROUP BY job_id, attempt_id, consultation, document_source, account_id) AS k
LEFT JOIN public.extraction_queue q ON q.id = k.job_id
LEFT JOIN public.worker_accounts a ON a.id = k.account_id
WHERE NOT EXISTS (SELECT FROM public.extraction_clicks o  -- it went on after the period
                  WHERE o.attempt_id = k.attempt_id AND o.consultation = k.consultation AND o.free_at IS NULL
                    AND o.clicked_at >= %(until)s::timestamptz)
ORDER BY k.consultation_at, k.attempt_id, k.consultation;

-- pruned_between --
-- Consultations that were pruned, by source and account; each has a day, and is in the period when that day begins in it.
-- since, until (each of these may be NULL)
SELECT s.document_source AS source, s.account_id, a.username, sum(s.number)::bigint AS consultations
FROM public.extraction_days s
LEFT JOIN public.worker_accounts a ON a.id = s.account_id
WHERE s.kind = 'consultation' AND s.is_pruned
  AND (%(since)s::timestamptz IS NULL OR s.day::timestamp AT TIME ZONE public.registry_time_zone() >= %(since)s::timestamptz)
  AND (%(until)s::timestamptz IS NULL OR s.day::timestamp AT TIME ZONE public.registry_time_zone() < %(until)s::timestamptz)
GROUP BY 1, 2, 3
ORDER BY a.username, 2, 1;

-- registry_midnight --
-- When a day of the registry's calendar begins.
-- day
SELECT %(day)s::date::timestamp AT TIME ZONE public.registry_time_zone() AS begins;

-- consultations_today --
-- How many were made today, by the registry's calendar.
SELECT public.registry_consultations_today() AS consultations;

-- paid_twice --
-- The consultations of rows that have more than one, the latest rows first.
-- limit (rows)
WITH charged AS (
    SELECT k.*
    FROM (SELECT DISTINCT job_id FROM public.extraction_paid_again) AS again
    CROSS JOIN LATERAL (
        SELECT job_id, attempt_id, consultation, min(clicked_at) AS consultation_at, max(clicked_at) AS latest
        FROM public.extraction_clicks
        WHERE job_id = again.job_id AND free_at IS NULL
        GROUP BY job_id, attempt_id, consultation) AS k
), twice AS (
    SELECT job_id, max(latest) AS latest, count(*) OVER () AS rows
    FROM charged
    GROUP BY job_id
    HAVING count(*) > 1
    ORDER BY latest DESC
    LIMIT %(limit)s
)
SELECT twice.rows, c.job_id, t.document_source AS source, q.document_number, t.id AS attempt_id, c.consultation,
       t.account_id, a.username, c.consultation_at, t.outcome, t.error_code, t.message
FROM twice
JOIN charged c ON c.job_id = twice.job_id
JOIN public.extraction_attempts t ON t.id = c.attempt_id
LEFT JOIN public.extraction_queue q ON q.id = t.job_id
LEFT JOIN public.worker_accounts a ON a.id = t.account_id
ORDER BY twice.latest DESC, c.job_id, c.attempt_id, c.consultation;

-- clicks --
-- The latest clicks that may be charged, of one row or of all, each with what came of it.
-- job_id (any text; may be NULL), limit (may be NULL)
SELECT k.id, k.job_id, k.attempt_id, k.document_source AS source, k.account_id, a.username, k.consultation, k.kind,
       k.clicked_at, k.free_at, k.why_free, k.document_saved_at,
       EXISTS (SELECT FROM public.extraction_attempts t
               WHERE t.job_id = k.job_id AND t.uploaded_at >= k.document_saved_at) AS is_stored,
       EXISTS (SELECT FROM public.extraction_queue q
               WHERE q.id = k.job_id AND q.attempt_id = k.attempt_id AND q.status = 'En traitement') AS is_in_progress
FROM (SELECT * FROM public.extraction_clicks
      WHERE %(job_id)s::text IS NULL OR job_id = public.extraction_queue_id(%(job_id)s)
      ORDER BY id DESC
      LIMIT %(limit)s) AS k
LEFT JOIN public.worker_accounts a ON a.id = k.account_id
ORDER BY k.id DESC;

-- find_row --
-- One row, whole. Some columns come twice, and psycopg's dict keeps the second: it replaces the NULL, or the other type,
-- that an adopted table may have there. The second `doubt` is of the present request, while the row waits.
-- job_id (any text)
SELECT *, coalesce(attemtps, 0) AS attemtps, public.extraction_queue_max_attempts(max_attempts) AS max_attempts,
       reference::text AS reference, batch_id::text AS batch_id,
       (SELECT d.doubt FROM public.extraction_queue_doubtful d WHERE d.id = q.id) AS doubt
FROM public.extraction_queue q
WHERE id = public.extraction_queue_id(%(job_id)s);

-- has_error_code --
-- Whether some row has an error code.
-- error_code
SELECT EXISTS (SELECT FROM public.extraction_queue WHERE error_code = %(error_code)s) AS is_there;

-- equal_rows --
-- Other rows that ask for the same document and wait, run or were completed within some days: the running one first, then
-- those that wait, then the latest.
-- job_id, reuse_days, days, limit
SELECT o.id, o.status, o.completed_at,
       %(reuse_days)s > 0 AND (o.status <> 'Complété'
           OR (o.supabase_path IS NOT NULL
               AND o.completed_at > now() - make_interval(days => %(reuse_days)s))) AS is_reused
FROM public.extraction_queue q
CROSS JOIN LATERAL (
    SELECT w.* FROM public.extraction_queue w WHERE w.request_key = q.request_key AND w.status = 'En attente'
    UNION ALL
    SELECT d.* FROM public.extraction_queue d
    WHERE d.request_key = q.request_key AND d.status IN ('En traitement', 'Complété')
      AND (d.status = 'En traitement' OR d.completed_at > now() - make_interval(days => %(days)s))
) AS o
WHERE q.id = %(job_id)s AND o.id <> q.id
ORDER BY array_position(ARRAY['En traitement', 'En attente', 'Complété'], o.status), o.completed_at DESC, o.created_at
LIMIT %(limit)s;

-- list_rows --
-- Some rows as `find_row` has them, the latest first; each filter may be NULL. (after_created_at, after_id) is where
-- the last page ended: a page costs the same however deep it is, and rows inserted meanwhile shift nothing.
-- `count_rows` has the same filters; a test compares them.
-- status, source, error_code, since, completed_since, completed_until, number (a part of it), words (each folded as
-- reports/filters.py folds them), batch_id, reference, after_created_at, after_id, limit
SELECT *, coalesce(attemtps, 0) AS attemtps, public.extraction_queue_max_attempts(max_attempts) AS max_attempts,
       reference::text AS reference, batch_id::text AS batch_id,
       (SELECT d.doubt FROM public.extraction_queue_doubtful d WHERE d.id = q.id) AS doubt
FROM public.extraction_queue q
WHERE (%(status)s::text IS NULL OR status = %(status)s::text)
  AND (%(source)s::text IS NULL OR document_source = %(source)s::text)
  AND (%(error_code)s::text IS NULL OR error_code = %(error_code)s::text)
  AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s::timestamptz)
  AND (%(completed_since)s::timestamptz IS NULL
       OR (status = 'Complété' AND completed_at >= %(completed_since)s::timestamptz))
  AND (%(completed_until)s::timestamptz IS NULL
       OR (status = 'Complété' AND completed_at < %(completed_until)s::timestamptz))
  AND (%(batch_id)s::text IS NULL OR batch_id::text = %(batch_id)s::text)
  AND (%(reference)s::text IS NULL OR reference::text = %(reference)s::text)
  AND (%(number)s::text IS NULL OR strpos(lower(translate(document_number_normalized, public.extraction_queue_blanks(), '')), lower(translate(%(number)s, public.extraction_queue_blanks(), ''))) > 0)
  AND (%(words)s::text[] IS NULL OR (cardinality(%(words)s::text[]) > 0 AND NOT EXISTS (
      SELECT FROM unnest(%(words)s::text[]) AS word
      WHERE strpos(
          regexp_replace(
              lower(normalize(concat_ws('|', document_number_normalized, circonscription_fonciere, cadastre,
                                        designation_secondaire, acte_type, document_source, reference::text),
                              NFKD) COLLATE "C"),
              '[^a-z0-9|]', '', 'g'),
          word) = 0)))
  AND (%(after_created_at)s::timestamptz IS NULL
       OR (created_at, id) < (%(after_created_at)s::timestamptz, public.extraction_queue_id(%(after_id)s)))
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s;

-- count_rows --
-- How many rows `list_rows` finds with these filters, on all its pages. By status, source and code the triggers have
-- counted them; by any other filter the rows are read that the filter's index finds, and by number or words all of them.
-- status, source, error_code, since, completed_since, completed_until, number, words, batch_id, reference
SELECT CASE
    WHEN num_nonnulls(%(since)s::timestamptz, %(completed_since)s::timestamptz, %(completed_until)s::timestamptz) = 0
         AND num_nonnulls(%(number)s::text, %(batch_id)s::text, %(reference)s::text) = 0
         AND %(words)s::text[] IS NULL AND %(error_code)s::text IS DISTINCT FROM ''
    THEN (SELECT coalesce(sum(n.rows), 0)::bigint FROM public.extraction_counts n
          WHERE (%(status)s::text IS NULL OR n.status = %(status)s::text)
            AND (%(source)s::text IS NULL OR n.document_source = %(source)s::text)
            AND (%(error_code)s::text IS NULL OR n.error_code = %(error_code)s::text))
    ELSE (SELECT count(*)
FROM public.extraction_queue q
WHERE (%(status)s::text IS NULL OR status = %(status)s::text)
  AND (%(source)s::text IS NULL OR document_source = %(source)s::text)
  AND (%(error_code)s::text IS NULL OR error_code = %(error_code)s::text)
  AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s::timestamptz)
  AND (%(completed_since)s::timestamptz IS NULL
       OR (status = 'Complété' AND completed_at >= %(completed_since)s::timestamptz))
  AND (%(completed_until)s::timestamptz IS NULL
       OR (status = 'Complété' AND completed_at < %(completed_until)s::timestamptz))
  AND (%(batch_id)s::text IS NULL OR batch_id::text = %(batch_id)s::text)
  AND (%(reference)s::text IS NULL OR reference::text = %(reference)s::text)
  AND (%(number)s::text IS NULL OR strpos(lower(translate(document_number_normalized, public.extraction_queue_blanks(), '')), lower(translate(%(number)s, public.extraction_queue_blanks(), ''))) > 0)
  AND (%(words)s::text[] IS NULL OR (cardinality(%(words)s::text[]) > 0 AND NOT EXISTS (
      SELECT FROM unnest(%(words)s::text[]) AS word
      WHERE strpos(
          regexp_replace(
              lower(normalize(concat_ws('|', document_number_normalized, circonscription_fonciere, cadastre,
                                        designation_secondaire, acte_type, document_source, reference::text),
                              NFKD) COLLATE "C"),
              '[^a-z0-9|]', '', 'g'),
          word) = 0))))
END AS rows;

-- clock --
-- The database's clock, by which rows are dated.
SELECT now() AS now;

-- check_tables --
-- Whether the rows can be read.
SELECT FROM public.extraction_queue LIMIT 0;

-- attempts_of --
-- Every attempt of a row, the first one first.
-- job_id
SELECT t.id, t.worker_id, t.account_id, a.username,
       t.started_at, t.consultation_at, t.document_saved_at, t.uploaded_at, t.finished_at,
       extract(epoch FROM coalesce(t.finished_at, now()) - t.started_at)::float AS seconds,
       t.outcome, t.error_code, t.message, t.supabase_path, t.evidence_path, t.steps
FROM public.extraction_attempts t
LEFT JOIN public.worker_accounts a ON a.id = t.account_id
WHERE t.job_id = %(job_id)s
ORDER BY t.id;

-- facts --
-- All that may keep a row from running, in one look.
-- job_id (any text), worker_beat_seconds, bridge_beat_seconds, openable, most_before (rows that can be sent are counted up to one
-- more than that)
SELECT q.id, q.reference::text AS reference, q.document_source AS source, q.document_number, q.circonscription_fonciere,
       q.cadastre, q.designation_secondaire, q.acte_type, q.status, q.error_code, q.error_message,
       q.supabase_path, q.worker_id,
       q.completed_at, q.processing_started_at,
       coalesce(q.attemtps, 0) AS attempts, public.extraction_queue_max_attempts(q.max_attempts) AS max_attempts,
       extract(epoch FROM now() - q.processing_started_at)::float AS running_seconds,
       coalesce(q.lease_expires_at < now(), true) AS lease_has_passed,
       q.cancel_requested_at IS NOT NULL AS cancel_requested,
       q.spooled_on, q.spooled_until,
       public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until) AS waits_for_spool,
       q.available_at, greatest(extract(epoch FROM q.available_at - now()), 0)::float AS wait_seconds,
       extract(epoch FROM now() - q.dispatched_at)::float AS dispatched_seconds,
       coalesce(c.paused, false) AS paused, c.paused_by, c.reason AS paused_why, c.since AS paused_since,
       CASE WHEN public.source_control_is_broken(c.broken_until) THEN c.broken_until END AS broken_until, c.broken_reason,
       coalesce(c.broken_until <= now(), false) AND (
           EXISTS (SELECT FROM public.extraction_queue o
                   WHERE o.document_source = q.document_source AND o.id <> q.id AND o.status = 'En traitement')
           OR (SELECT o.id FROM public.extraction_queue o  -- ordered by the index of rows that were sent
               WHERE o.document_source = q.document_source AND o.id <> q.id AND o.status = 'En attente'
                 AND o.dispatched_at IS NOT NULL AND o.spooled_on IS NULL
               ORDER BY o.document_source, o.dispatched_at LIMIT 1) IS NOT NULL
           OR EXISTS (SELECT FROM public.extraction_queue o
                      WHERE o.document_source = q.document_source AND o.id <> q.id AND o.status = 'En attente'
                        AND o.dispatched_at IS NOT NULL AND o.spooled_on IS NOT NULL)) AS is_probed,
       (SELECT d.doubt FROM public.extraction_queue_doubtful d WHERE d.id = q.id) AS doubt,
       (SELECT o.id FROM public.extraction_queue o
        WHERE o.request_key = q.request_key AND o.status = 'En traitement' AND o.id <> q.id LIMIT 1) AS equal_running,
       public.registry_consultations_today() AS consultations_today,
       (SELECT count(*)  -- each of the four ways to a waiting row reads an index of few rows, or the first of one
        FROM ((SELECT o.priority, o.created_at, o.id FROM public.extraction_queue o
               WHERE o.document_source = q.document_source AND o.status = 'En attente' AND o.dispatched_at IS NULL
                 AND o.spooled_on IS NULL AND o.available_at <= o.updated_at
               ORDER BY o.priority DESC, o.created_at, o.id
               LIMIT %(most_before)s + 1)
              UNION ALL
              SELECT o.priority, o.created_at, o.id FROM public.extraction_queue o
              WHERE o.document_source = q.document_source AND o.status = 'En attente' AND o.dispatched_at IS NULL
                AND o.spooled_on IS NULL AND o.available_at > o.updated_at
                AND greatest(o.available_at, CASE WHEN o.spooled_on IS NOT NULL THEN o.spooled_until END) <= now()
              UNION ALL
              SELECT o.priority, o.created_at, o.id FROM public.extraction_queue o
              WHERE o.document_source = q.document_source AND o.status = 'En attente' AND o.dispatched_at IS NOT NULL
                AND o.spooled_on IS NULL AND o.available_at <= now()
              UNION ALL
              SELECT o.priority, o.created_at, o.id FROM public.extraction_queue o
              WHERE o.document_source = q.document_source AND o.status = 'En attente' AND o.spooled_on IS NOT NULL
                AND o.available_at <= now()) AS o
        WHERE (o.priority, q.created_at, q.id) > (q.priority, o.created_at, o.id)) AS rows_before,
       workers.*, accounts.*, bridges.*  -- the columns of the three subselects below, each named there
FROM public.extraction_queue q
LEFT JOIN public.source_control c ON c.document_source = q.document_source
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_alive) AS workers_alive,
           count(*) FILTER (WHERE is_alive AND status = 'idle') AS workers_idle,
           count(*) FILTER (WHERE is_alive AND status = 'busy') AS workers_busy,
           count(*) FILTER (WHERE is_alive AND status = 'error') AS workers_in_error,
           min(message) FILTER (WHERE is_alive AND status = 'error') AS worker_error,
           count(*) FILTER (WHERE NOT is_alive AND status <> 'offline') AS workers_silent,
           count(*) FILTER (WHERE is_alive AND account_id IS NOT NULL) AS workers_with_account
    FROM (SELECT p.*, public.process_state(p.status, p.last_heartbeat, %(worker_beat_seconds)s)
                      NOT IN ('offline', 'silent') AS is_alive
          FROM public.worker_status p
          WHERE p.queues IS NULL OR q.document_source = ANY(p.queues)) AS w
) AS workers
CROSS JOIN LATERAL (
    SELECT count(*) AS accounts_total,
           count(*) FILTER (WHERE condition = 'usable') AS accounts_usable,
           count(*) FILTER (WHERE condition = 'leased') AS accounts_leased,
           count(*) FILTER (WHERE condition = 'resting') AS accounts_resting,
           count(*) FILTER (WHERE condition = 'failing') AS accounts_failing,
           count(*) FILTER (WHERE condition = 'disabled') AS accounts_disabled,
           count(*) FILTER (WHERE condition = 'sealed') AS accounts_sealed
    FROM (SELECT public.worker_accounts_condition(a, %(openable)s) AS condition FROM public.worker_accounts a) AS a
) AS accounts
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_alive) AS bridges_alive,
           min(message) FILTER (WHERE is_alive) AS bridge_message,
           extract(epoch FROM now() - max(last_heartbeat))::float AS bridge_silent_seconds
    FROM (SELECT p.*, public.process_state(p.mode, p.last_heartbeat, %(bridge_beat_seconds)s)
                      NOT IN ('offline', 'silent') AS is_alive
          FROM public.bridge_status p) AS b
) AS bridges
WHERE q.id = public.extraction_queue_id(%(job_id)s);
