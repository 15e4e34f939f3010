-- What the bridge does to jobs. Only the database's clock decides.

-- dispatch --
-- Marks waiting rows as sent and returns their ids; the caller publishes them before it commits.
-- When fewer messages lie on the queue than rows were sent, it sends this many old rows again. It cannot know which
-- messages are lost. The queue is first in, first out, so most likely the oldest; a second message is harmless.
-- A source whose breaker has opened gets one row at a time, a probe, until one succeeds. The row that the site failed
-- last probes only when no other is due: it may be the row that is odd.
-- A row whose bought document lies on a spool is sent there, by dispatch_spooled.
-- source, limit, queued (messages that lie on the source's queue), redispatch_seconds, daily_consultation_limit
WITH sent AS (
    SELECT id, dispatched_at FROM public.extraction_queue
    WHERE document_source = %(source)s AND status = 'En attente' AND dispatched_at IS NOT NULL
      AND NOT public.extraction_queue_is_spooled(spooled_on, spooled_until)
), again AS (
    SELECT id FROM sent
    WHERE dispatched_at < now() - make_interval(secs => %(redispatch_seconds)s)
    ORDER BY dispatched_at
    LIMIT greatest((SELECT count(*) FROM sent) - %(queued)s, 0)
), allowed AS (
    SELECT CASE
        WHEN public.registry_consultations_today() >= %(daily_consultation_limit)s::integer THEN 0
        WHEN c.broken_until IS NULL THEN %(limit)s
        WHEN EXISTS (SELECT FROM public.extraction_queue q
                     WHERE q.document_source = c.document_source
                       AND (q.status = 'En traitement'
                            OR (q.status = 'En attente'
                                AND q.dispatched_at > now() - make_interval(secs => %(redispatch_seconds)s)))) THEN 0
        ELSE 1
    END AS rows
    FROM public.source_control c
    WHERE c.document_source = %(source)s
), due AS (
    SELECT q.id, q.priority, q.created_at, c.broken_until IS NOT NULL AND q.id = c.broken_by AS failed_last
    FROM public.extraction_queue q
    JOIN public.source_control c ON c.document_source = q.document_source
    WHERE q.status = 'En attente'
      AND q.document_source = %(source)s
      AND NOT c.paused
      AND NOT public.source_control_is_broken(c.broken_until)
      AND q.available_at <= now()
      AND NOT public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until)
      AND (q.dispatched_at IS NULL OR q.id IN (SELECT id FROM again))
    ORDER BY q.priority DESC, q.created_at, q.id
    LIMIT greatest(%(limit)s, 2)  -- a number: of a subquery the planner expects a tenth of the table
    FOR UPDATE OF q SKIP LOCKED  -- several bridges share the table
), next AS (
    SELECT id FROM due ORDER BY failed_last, priority DESC, created_at, id LIMIT (SELECT rows FROM allowed)
)
UPDATE public.extraction_queue q
SET dispatched_at = now()
FROM next
WHERE q.id = next.id
RETURNING q.id;

-- restore_sources --
-- A person may have emptied the table: without its row a source is never sent, and says nothing.
INSERT INTO public.source_control (document_source)
VALUES ('acte'), ('index'), ('plan_cadastraux')
ON CONFLICT DO NOTHING
RETURNING document_source AS source;

-- dispatch_spooled --
-- Marks the waiting rows whose bought document lies on a spool as sent; neither site nor account is needed for them.
-- limit, redispatch_seconds
WITH next AS (
    SELECT id FROM public.extraction_queue
    WHERE status = 'En attente' AND public.extraction_queue_is_spooled(spooled_on, spooled_until) AND available_at <= now()
      AND (dispatched_at IS NULL OR dispatched_at < now() - make_interval(secs => %(redispatch_seconds)s))
    ORDER BY created_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE public.extraction_queue q
SET dispatched_at = now()
FROM next
WHERE q.id = next.id
RETURNING q.id, q.document_source AS source, q.spooled_on AS spool_id;

-- rescue --
-- Returns what dead workers held: rows whose lease passed and whose attempt no process shows alive, and rows left in
-- En traitement by a system without leases. A person's transaction may keep a living process from its row's lease.
-- The attempt is given back, since the row need not be at fault; after max_kills deaths it is held as the likely cause.
-- abandoned_seconds (for rows without a lease: since the last write), max_kills
WITH dead AS (
    SELECT q.id FROM public.extraction_queue q
    WHERE q.status = 'En traitement'
      AND (q.lease_expires_at < now()
           OR (q.lease_expires_at IS NULL AND q.updated_at < now() - make_interval(secs => %(abandoned_seconds)s)))
      AND NOT EXISTS (SELECT FROM public.extraction_attempts t
                      WHERE t.id = q.attempt_id AND t.finished_at IS NULL AND t.alive_until > now())
    FOR UPDATE OF q SKIP LOCKED
), rescued AS (
    UPDATE public.extraction_queue q
    SET status = CASE WHEN q.kills + 1 < %(max_kills)s THEN 'En attente' ELSE 'Erreur' END,
        kills = q.kills + 1,
        attemtps = greatest(q.attemtps - 1, 0),
        available_at = now(), dispatched_at = NULL, lease_expires_at = NULL,
        completed_at = CASE WHEN q.kills + 1 < %(max_kills)s THEN NULL ELSE now() END,
        error_code = CASE WHEN q.kills + 1 < %(max_kills)s THEN 'worker_lost' ELSE 'poison_row' END,
        error_message = CASE WHEN q.kills + 1 < %(max_kills)s
            THEN format(public.extraction_queue_says('Worker %%s went silent while it held the row.',
                                                     'Le worker %%s n''a plus donné signe de vie pendant qu''il traitait la ligne.'),
                        coalesce(q.worker_id, '?'))
            ELSE format(public.extraction_queue_says(
                            '%%s worker processes died while they held this row, the last was %%s: look at their logs'
                            ' and memory, then set the row to En attente.',
                            '%%s processus sont morts pendant qu''ils traitaient cette ligne, le dernier étant %%s :'
                            ' consultez leurs journaux et leur mémoire, puis remettez la ligne à En attente.'),
                        q.kills + 1, coalesce(q.worker_id, '?'))
            END
    FROM dead
    WHERE q.id = dead.id
    RETURNING q.id, q.attempt_id, q.document_source, q.status, q.error_code, q.error_message
), finished AS (
    UPDATE public.extraction_attempts t
    SET finished_at = now(), outcome = 'lost', error_code = rescued.error_code, message = rescued.error_message
    FROM rescued
    WHERE t.id = rescued.attempt_id
)
SELECT id, document_source AS source FROM rescued;

-- unjudged --
-- Some waiting rows whose present request was not judged yet, the latest first: a person may still look at these.
-- limit
SELECT id, request_key, document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire,
       acte_type
FROM public.extraction_queue
WHERE status = 'En attente' AND doubted_key IS DISTINCT FROM request_key
ORDER BY created_at DESC, id
LIMIT %(limit)s;

-- note_doubts --
-- Writes what was judged. A row that was edited, claimed or locked meanwhile is left for the next look.
-- The doorbell rings once more for rows that are not sent yet, and the next pass judges the next rows; a pass that
-- finds none writes none, and rings no more.
-- ids, keys, doubts (three arrays of one length; a doubt may be NULL)
WITH judged AS (
    SELECT public.extraction_queue_id(t.id) AS id, t.key, t.doubt
    FROM unnest(%(ids)s::text[], %(keys)s::text[], %(doubts)s::text[]) AS t (id, key, doubt)
), free AS (
    SELECT q.id FROM public.extraction_queue q
    JOIN judged j ON j.id = q.id AND j.key = q.request_key
    WHERE q.status = 'En attente' AND q.doubted_key IS DISTINCT FROM q.request_key
    FOR UPDATE OF q SKIP LOCKED
)
UPDATE public.extraction_queue q
SET doubt = j.doubt, doubted_key = j.key
FROM free
JOIN judged j ON j.id = free.id
WHERE q.id = free.id
RETURNING q.id, q.doubt;
