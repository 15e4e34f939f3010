-- What workers do to jobs. Only the database's clock decides; every write of a worker names its attempt_id.

-- find --
-- The row that the text of a message means, as the table writes its id: a uuid in capital letters, or 007, is no other
-- row. No row for a text that is no id here.
-- text
SELECT id FROM public.extraction_queue WHERE id = public.extraction_queue_id(%(text)s);

-- lock_request --
-- Lets equal requests be claimed one after the other; until the end of the transaction.
-- job_id
SELECT pg_advisory_xact_lock(hashtextextended(request_key, 0)) FROM public.extraction_queue
WHERE id = public.extraction_queue_id(%(job_id)s);

-- claim --
-- Takes one row to En traitement, inserts its attempt and returns it (extraction_queue_claim, 0003).
-- job_id (any text: what a message carries), worker_id, account_id, account_lease_id, message_id, spool_id,
-- lease_seconds, reuse_days
SELECT q.id, q.attempt_id, q.document_source AS source, q.document_number, q.document_number_normalized,
       q.circonscription_fonciere AS circonscription, q.cadastre, q.designation_secondaire AS designation,
       q.acte_type, q.request_key, q.attemtps AS attempts, public.extraction_queue_max_attempts(q.max_attempts) AS max_attempts, q.created_at
FROM public.extraction_queue_claim(
    job_id => %(job_id)s, worker_id => %(worker_id)s, account_id => %(account_id)s,
    account_lease_id => %(account_lease_id)s, message_id => %(message_id)s, spool_id => %(spool_id)s,
    lease_seconds => %(lease_seconds)s, reuse_days => %(reuse_days)s) AS q;

-- sources_to_come --
-- The sources of which a row was sent, is not claimed yet and may be: a few rows, however long the table is.
SELECT DISTINCT q.document_source AS source
FROM public.extraction_queue q
JOIN public.source_control c ON c.document_source = q.document_source
WHERE q.status = 'En attente' AND q.dispatched_at IS NOT NULL AND q.spooled_on IS NULL
  AND q.available_at <= now() AND NOT c.paused AND c.broken_until IS NULL;

-- hand_back --
-- Returns a message that could not be served: the row was never claimed, so only its dispatch changes.
-- The doorbell rings for it, and the bridge sends the row to another process at once.
-- job_id (any text: what a message carries)
UPDATE public.extraction_queue SET dispatched_at = NULL
WHERE id = public.extraction_queue_id(%(job_id)s) AND status = 'En attente'
RETURNING id;

-- show_alive --
-- The process of this attempt lives: apart from the row's lease, since a person's transaction may lock the row.
-- attempt_id, lease_seconds
UPDATE public.extraction_attempts SET alive_until = now() + make_interval(secs => %(lease_seconds)s)
WHERE id = %(attempt_id)s AND finished_at IS NULL
RETURNING id;

-- bound_lock --
-- How long the next statement of this transaction waits for a row that somebody else has locked.
-- milliseconds
SELECT set_config('lock_timeout', %(milliseconds)s::text, true);

-- renew --
-- Prolongs the lease of a running row; never shortens it, since after a click it covers the wait for the document.
-- job_id, attempt_id, lease_seconds
UPDATE public.extraction_queue
SET lease_expires_at = greatest(lease_expires_at, now() + make_interval(secs => %(lease_seconds)s))
WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
RETURNING id;

-- forget_spool --
-- The document is not on the spool that the row names: any worker may take the row. A running one keeps its spool: its
-- document may have come there a moment ago.
-- job_id, spool_id
UPDATE public.extraction_queue SET spooled_on = NULL, spooled_until = NULL, dispatched_at = NULL
WHERE id = %(job_id)s AND status <> 'En traitement' AND spooled_on = %(spool_id)s
RETURNING id;

-- find_equal --
-- The last equal request that was completed within this many days.
-- job_id, reuse_days
SELECT o.id, o.supabase_path, o.document_sha256 AS sha256, o.document_bytes AS size_bytes, o.document_pages AS pages,
       o.document_warning AS warning, o.identity
FROM public.extraction_queue q
JOIN public.extraction_queue o ON o.request_key = q.request_key AND o.id <> q.id
WHERE q.id = %(job_id)s AND o.status = 'Complété' AND o.supabase_path IS NOT NULL
  AND o.completed_at > now() - make_interval(days => %(reuse_days)s)
ORDER BY o.completed_at DESC
LIMIT 1;

-- lock_day --
-- Lets consultations be counted one after the other; until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('daily_consultation_limit', 0));

-- record_consultation --
-- The durable record of a click that may be charged, before it is made, and every condition of that click in one
-- statement: the caller still holds row and account, no person cancelled the row or changed what it asks for, the
-- source is not stopped, and neither the row's nor the day's limit is passed. Both count consultations with a click
-- that is not free, and the row's limit those for what it asks now. A click that goes on with such a consultation needs
-- row and lease alone, even when the account was disabled or deleted: to stop now would only lose its document. From
-- here on the leases of row and account cover the whole wait for the document: during an outage of Postgres the bridge
-- does not give the row to another worker, which would buy it again. A lease of the row that has passed and that nobody
-- took is still the caller's: it is prolonged here.
-- job_id, attempt_id, kind, max_consultations_per_job, daily_consultation_limit, document_seconds
WITH held AS (
    SELECT q.id, q.cancel_requested_at IS NOT NULL AS cancelled, s.lease_id IS NOT NULL AS has_account,
           coalesce(public.registry_sessions_is_wanted(s), false) AS is_wanted,
           coalesce(t.request_key, q.request_key) IS DISTINCT FROM q.request_key AS edited, q.request_key,
           coalesce(q.max_consultations, %(max_consultations_per_job)s) AS allowed,
           c.paused AND c.money_stopped AS stopped, c.reason,
           t.job_id, t.document_source, t.account_id
    FROM public.extraction_queue q
    JOIN public.extraction_attempts t ON t.id = q.attempt_id
    JOIN public.source_control c ON c.document_source = q.document_source
    LEFT JOIN public.registry_sessions s ON s.lease_id = t.account_lease_id AND s.lease_expires_at > now()
    WHERE q.id = %(job_id)s AND q.status = 'En traitement' AND q.attempt_id = %(attempt_id)s
    FOR UPDATE OF q
), current AS (
    SELECT c.consultation, EXISTS (SELECT FROM public.extraction_clicks k
                                   WHERE k.attempt_id = %(attempt_id)s AND k.consultation = c.consultation
                                     AND k.free_at IS NULL) AS stands
    FROM (SELECT CASE WHEN %(kind)s = 'form' THEN coalesce(max(consultation), 0) + 1
                      ELSE coalesce(max(consultation), 1) END AS consultation
          FROM public.extraction_clicks
          WHERE attempt_id = %(attempt_id)s) AS c
), spent AS (
    SELECT public.extraction_queue_consultations(%(job_id)s) AS by_job, public.registry_consultations_today() AS today
), clicked AS (
    INSERT INTO public.extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind)
    SELECT %(attempt_id)s, held.job_id, held.document_source, held.account_id, current.consultation, %(kind)s
    FROM held, current, spent
    WHERE held.has_account
      AND (current.stands
           OR (held.is_wanted
               AND NOT held.cancelled
               AND NOT held.edited
               AND NOT held.stopped
               AND spent.by_job < held.allowed
               AND (%(daily_consultation_limit)s::integer IS NULL OR spent.today < %(daily_consultation_limit)s)))
    RETURNING clicked_at
), marked AS (
    UPDATE public.extraction_attempts t SET consultation_at = coalesce(t.consultation_at, clicked.clicked_at)
    FROM clicked
    WHERE t.id = %(attempt_id)s
), prolonged AS (
    UPDATE public.extraction_queue q
    SET lease_expires_at = greatest(q.lease_expires_at, now() + make_interval(secs => %(document_seconds)s))
    FROM clicked
    WHERE q.id = %(job_id)s
), account_prolonged AS (
    UPDATE public.registry_sessions s
    SET lease_expires_at = greatest(s.lease_expires_at, now() + make_interval(secs => %(document_seconds)s))
    FROM clicked, public.extraction_attempts t
    WHERE t.id = %(attempt_id)s AND s.lease_id = t.account_lease_id
)
SELECT EXISTS (SELECT FROM held) AS held,
       EXISTS (SELECT FROM clicked) AS recorded,
       spent.by_job,
       spent.today,
       held.has_account AND (held.is_wanted OR current.stands) AS has_account,
       current.stands, held.allowed, held.cancelled, held.edited, held.stopped, held.reason
FROM spent
CROSS JOIN current
LEFT JOIN held ON true;

-- clear_consultation --
-- The page that answered the last click of the attempt proved that this click cost nothing; earlier ones stay as they
-- are.
-- When no click of the attempt counts as charged any more, the row has an ordinary lease again. A repetition changes
-- nothing.
-- job_id, attempt_id, why_free, lease_seconds
WITH freed AS (
    UPDATE public.extraction_clicks SET free_at = now(), why_free = %(why_free)s
    WHERE id = (SELECT max(id) FROM public.extraction_clicks WHERE attempt_id = %(attempt_id)s)
      AND CASE WHEN free_at IS NULL AND document_saved_at IS NULL THEN true END  -- not by the index of all such clicks
    RETURNING id
), marked AS (
    UPDATE public.extraction_attempts t
    SET consultation_at = (SELECT min(k.clicked_at) FILTER (WHERE k.free_at IS NULL AND k.id <> freed.id)
                           FROM public.extraction_clicks k
                           WHERE k.attempt_id = t.id)
    FROM freed
    WHERE t.id = %(attempt_id)s
    RETURNING t.consultation_at
)
UPDATE public.extraction_queue SET lease_expires_at = now() + make_interval(secs => %(lease_seconds)s)
FROM marked
WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s AND marked.consultation_at IS NULL;

-- note_address --
-- Where the last click of the attempt led to.
-- attempt_id, address
UPDATE public.extraction_clicks SET address = %(address)s
WHERE id = (SELECT max(id) FROM public.extraction_clicks WHERE attempt_id = %(attempt_id)s);

-- paid_address --
-- Where the row's last click led to that is perhaps charged and brought no document, in any of its attempts at what
-- it asks for now. The site forgets what it showed, so after a day no attempt looks there.
-- job_id, request_key
SELECT k.address
FROM public.extraction_clicks k
LEFT JOIN public.extraction_attempts t ON t.id = k.attempt_id
WHERE k.job_id = %(job_id)s AND coalesce(t.request_key, %(request_key)s) = %(request_key)s
  AND k.free_at IS NULL AND k.document_saved_at IS NULL AND k.address IS NOT NULL
  AND k.clicked_at > now() - interval '1 day'
ORDER BY k.id DESC
LIMIT 1;

-- document_hashes --
-- What the attempts at this request of the row bought.
-- job_id, request_key
SELECT DISTINCT t.document_sha256
FROM public.extraction_attempts t
WHERE t.job_id = %(job_id)s AND t.request_key IS NOT DISTINCT FROM %(request_key)s AND t.document_sha256 IS NOT NULL;

-- bind_to_spool --
-- Bytes came and were not judged yet: the row belongs to the spool that has them, and the click has no document so far.
-- job_id, attempt_id, spool_id, spool_hold_seconds
UPDATE public.extraction_queue
SET spooled_on = %(spool_id)s, spooled_until = now() + make_interval(secs => %(spool_hold_seconds)s)
WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
RETURNING id;

-- record_document --
-- The bytes are in the spool: until storage has them the row belongs to that spool, for a bounded time. They are what
-- the row's last consultation of this request brought, also when an earlier attempt made it; never a later attempt's,
-- which a process that stood still for long does not know of. The lease is an ordinary one again.
-- job_id, attempt_id, request_key, sha256, spool_id, spool_hold_seconds, lease_seconds
WITH saved AS (
    UPDATE public.extraction_attempts SET document_saved_at = now(), document_sha256 = %(sha256)s
    WHERE id = %(attempt_id)s
), brought AS (
    UPDATE public.extraction_clicks SET document_saved_at = now()
    WHERE (attempt_id, consultation) = (SELECT k.attempt_id, k.consultation
                                        FROM public.extraction_clicks k
                                        LEFT JOIN public.extraction_attempts t ON t.id = k.attempt_id
                                        WHERE k.job_id = %(job_id)s AND k.free_at IS NULL AND k.attempt_id <= %(attempt_id)s
                                          AND coalesce(t.request_key, %(request_key)s) = %(request_key)s
                                        ORDER BY k.id DESC
                                        LIMIT 1)
      AND free_at IS NULL AND document_saved_at IS NULL
)
UPDATE public.extraction_queue
SET spooled_on = %(spool_id)s, spooled_until = now() + make_interval(secs => %(spool_hold_seconds)s),
    lease_expires_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
RETURNING id;

-- record_upload --
-- Storage has the document of a request of this row, which the last consultation of that request brought, even when a
-- crash prevented record_document. Where it is stays on the attempt, whatever the row asks for later.
-- job_id, attempt_id (the attempt that asked for it), request_key, supabase_path, sha256
WITH brought AS (
    UPDATE public.extraction_clicks SET document_saved_at = now()
    WHERE (attempt_id, consultation) = (SELECT k.attempt_id, k.consultation
                                        FROM public.extraction_clicks k
                                        LEFT JOIN public.extraction_attempts t ON t.id = k.attempt_id
                                        WHERE k.job_id = %(job_id)s AND k.free_at IS NULL AND k.attempt_id <= %(attempt_id)s
                                          AND coalesce(t.request_key, %(request_key)s) = %(request_key)s
                                        ORDER BY k.id DESC
                                        LIMIT 1)
      AND free_at IS NULL AND document_saved_at IS NULL
)
UPDATE public.extraction_attempts
SET uploaded_at = now(), supabase_path = %(supabase_path)s, document_sha256 = %(sha256)s
WHERE id = %(attempt_id)s;

-- complete --
-- En traitement → Complété (extraction_queue_complete, 0003). Returns whether the row still asks for what the attempt
-- fetched; if not, nothing is written. No row when the attempt does not hold it any more.
-- job_id, attempt_id, supabase_path, sha256, size_bytes, pages, warning, identity, fetched_as, steps
SELECT is_current FROM public.extraction_queue_complete(
    job_id => %(job_id)s, attempt_id => %(attempt_id)s, supabase_path => %(supabase_path)s, sha256 => %(sha256)s,
    size_bytes => %(size_bytes)s, pages => %(pages)s, warning => %(warning)s, identity => %(identity)s,
    fetched_as => %(fetched_as)s, steps => %(steps)s) AS is_current
WHERE is_current IS NOT NULL;

-- ask_again --
-- En traitement → En attente: the row asks for another document than its attempt did, so it goes as a new row would.
-- The attempt says what came of it.
-- job_id, attempt_id, error_code, message
WITH asked AS (
    UPDATE public.extraction_queue
    SET status = 'En attente', attemtps = 0, kills = 0, available_at = now(), dispatched_at = NULL,
        lease_expires_at = NULL, spooled_on = NULL, spooled_until = NULL, error_code = NULL, error_message = NULL
    WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
    RETURNING attempt_id
)
UPDATE public.extraction_attempts t
SET finished_at = now(), error_code = %(error_code)s, message = %(message)s,
    outcome = CASE WHEN t.supabase_path IS NULL THEN 'returned' ELSE 'completed' END
FROM asked
WHERE t.id = asked.attempt_id
RETURNING t.id;

-- retry --
-- En traitement → En attente after a backoff, or → Erreur when the attempts are spent. Returns the new status.
-- job_id, attempt_id, error_code, message, backoff_seconds (before the second attempt; doubles)
WITH retried AS (
    UPDATE public.extraction_queue
    SET status = CASE WHEN attemtps < public.extraction_queue_max_attempts(max_attempts) THEN 'En attente' ELSE 'Erreur' END,
        available_at = now() + make_interval(secs => %(backoff_seconds)s * 2 ^ least(attemtps - 1, 10)),
        completed_at = CASE WHEN attemtps < public.extraction_queue_max_attempts(max_attempts) THEN NULL ELSE now() END,
        dispatched_at = NULL, lease_expires_at = NULL,
        error_code = %(error_code)s, error_message = %(message)s
    WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
    RETURNING attempt_id, status
)
UPDATE public.extraction_attempts t
SET finished_at = now(), error_code = %(error_code)s, message = %(message)s,
    outcome = CASE retried.status WHEN 'En attente' THEN 'retry' ELSE 'hold' END
FROM retried
WHERE t.id = retried.attempt_id
RETURNING retried.status;

-- snooze --
-- En traitement → En attente, the attempt given back: the site, the account or the session was at fault. Each further
-- one of a day waits twice as long, up to 16 times; after max_snoozes_per_day the row is held. So is one that the site
-- failed max_alone times in a day in one way, while it served another row of the source after each of these failures but
-- the last. A document that only waits for storage is never held: to retry its upload costs nothing. Returns the new
-- status.
-- job_id, attempt_id, error_code, message, snooze_seconds, until_tomorrow, max_snoozes_per_day, max_alone (NULL: the
-- site was not at fault)
WITH today AS (
    SELECT count(*) AS snoozes,
           count(*) FILTER (WHERE t.error_code = %(error_code)s
                              AND EXISTS (SELECT FROM public.extraction_attempts o
                                          WHERE o.document_source = t.document_source AND o.outcome = 'completed'
                                            AND o.finished_at > t.finished_at AND o.job_id <> t.job_id)) AS alone
    FROM public.extraction_attempts t
    WHERE t.job_id = %(job_id)s AND t.outcome = 'snooze' AND t.finished_at > now() - interval '1 day'
), fate AS (
    SELECT today.snoozes, coalesce(today.alone + 1 >= %(max_alone)s::integer, false) AS is_odd,
           public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until)
               OR (today.snoozes + 1 < %(max_snoozes_per_day)s
                   AND NOT coalesce(today.alone + 1 >= %(max_alone)s::integer, false)) AS goes_on
    FROM today, public.extraction_queue q
    WHERE q.id = %(job_id)s
), snoozed AS (
    UPDATE public.extraction_queue
    SET status = CASE WHEN fate.goes_on THEN 'En attente' ELSE 'Erreur' END,
        attemtps = greatest(attemtps - 1, 0),
        available_at = CASE WHEN %(until_tomorrow)s THEN public.registry_tomorrow()
                            ELSE now() + make_interval(secs => %(snooze_seconds)s * 2 ^ least(fate.snoozes, 4)) END,
        completed_at = CASE WHEN fate.goes_on THEN NULL ELSE now() END,
        dispatched_at = NULL, lease_expires_at = NULL,
        error_code = %(error_code)s,
        error_message = CASE
            WHEN fate.is_odd AND NOT fate.goes_on THEN
                format(public.extraction_queue_says(
                    '%%s The site failed this row %%s times and served other rows in between, so the row itself may be'
                    ' what it fails at: look at it, then set status to En attente.',
                    '%%s Le site a échoué %%s fois pour cette ligne et en a servi d''autres entre-temps : la ligne'
                    ' elle-même est peut-être en cause. Examinez-la, puis remettez status à En attente.'),
                       %(message)s::text, %(max_alone)s::integer)
            ELSE %(message)s
        END
    FROM fate
    WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
    RETURNING attempt_id, status
)
UPDATE public.extraction_attempts t
SET finished_at = now(), error_code = %(error_code)s, message = %(message)s,
    outcome = CASE snoozed.status WHEN 'En attente' THEN 'snooze' ELSE 'hold' END
FROM snoozed
WHERE t.id = snoozed.attempt_id
RETURNING snoozed.status;

-- lock_job --
-- Waits for a consultation that is being recorded: only a statement that begins afterwards sees its mark.
-- job_id
SELECT id FROM public.extraction_queue WHERE id = %(job_id)s FOR UPDATE;

-- return_job --
-- En traitement → En attente as if it had never been claimed: its worker was asked to stop before the click, or before
-- storage had a document that the spool has.
-- job_id, attempt_id, is_bought_too (also when this attempt made the click)
WITH returned AS (
    UPDATE public.extraction_queue q
    SET status = 'En attente', attemtps = greatest(attemtps - 1, 0), available_at = now(),
        dispatched_at = NULL, lease_expires_at = NULL
    FROM public.extraction_attempts t
    WHERE q.id = %(job_id)s AND q.status = 'En traitement' AND q.attempt_id = %(attempt_id)s
      AND t.id = q.attempt_id AND (t.consultation_at IS NULL
                                     OR (public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until)
                                         AND %(is_bought_too)s))
    RETURNING q.attempt_id
)
UPDATE public.extraction_attempts t
SET finished_at = now(), outcome = 'returned', message = public.extraction_queue_says('The worker was asked to stop.', 'Le worker a reçu l''ordre d''arrêter.')
FROM returned
WHERE t.id = returned.attempt_id
RETURNING t.id;

-- hold --
-- En traitement → Erreur: a final answer of the registry, or a person must decide.
-- job_id, attempt_id, error_code, message
WITH held AS (
    UPDATE public.extraction_queue
    SET status = 'Erreur', completed_at = now(), lease_expires_at = NULL,
        error_code = %(error_code)s, error_message = %(message)s
    WHERE id = %(job_id)s AND status = 'En traitement' AND attempt_id = %(attempt_id)s
    RETURNING attempt_id
)
UPDATE public.extraction_attempts t
SET finished_at = now(), outcome = 'hold', error_code = %(error_code)s, message = %(message)s
FROM held
WHERE t.id = held.attempt_id
RETURNING t.id;

-- record_site_failure --
-- The site failed a row of this source: opens the breaker, at once or after several in a row, each time for longer.
-- source, job_id (NULL: a login), threshold (failures in a row), pause_seconds (doubles), max_pause_seconds, reason
UPDATE public.source_control
SET broken_by = %(job_id)s, site_failures = site_failures + 1,
    broken_reason = %(reason)s,
    broken_until = CASE
        WHEN site_failures + 1 < %(threshold)s THEN broken_until
        ELSE now() + make_interval(secs => least(
            %(pause_seconds)s * 2 ^ least(site_failures + 1 - %(threshold)s, 20), %(max_pause_seconds)s))
    END
WHERE document_source = %(source)s
RETURNING broken_until;

-- note_attempt --
-- What a person will want to know about an attempt: its steps, and where the evidence of its failure is kept.
-- attempt_id, steps, evidence_path
UPDATE public.extraction_attempts SET steps = %(steps)s, evidence_path = %(evidence_path)s WHERE id = %(attempt_id)s;

-- unfinished --
-- Which of these rows are not Complété: their spooled documents must be kept. A file's name may be no id of this table.
-- job_ids (any texts)
SELECT id FROM public.extraction_queue
WHERE id = ANY(SELECT public.extraction_queue_id(named.id) FROM unnest(%(job_ids)s::text[]) AS named (id))
  AND status <> 'Complété';
