-- What the bridge does to jobs. Only the database's clock decides.

-- dispatch --
-- Marks waiting rows of these sources as sent and returns them; the caller publishes them before it commits.
-- It costs the same however many rows wait, are not due yet or lie on a spool: each of the three ways to a row reads one
-- partial index from its beginning. `ready` are rows that were due when they were last written, in their order. `aside`
-- are those that were not, or that a spool had, from the moment at which they may go; of many at once the first 100 are
-- put into their order. `again` are rows that were sent: when fewer messages lie on the queue than rows were sent, it
-- sends this many old rows again. It cannot know which messages are lost. The queue is first in, first out, so most
-- likely the oldest; a second message is harmless.
-- A source whose breaker has opened gets one row at a time, a probe, until one succeeds. The row that the site failed
-- last probes only when no other is due: it may be the row that is odd.
-- A row whose bought document lies on a spool is sent there, by dispatch_spooled.
-- sources, queued (for each, the messages that lie on its queue), window (the most that may), redispatch_seconds,
-- daily_consultation_limit
WITH asked AS (
    SELECT c.document_source, CASE WHEN c.broken_until IS NOT NULL THEN c.broken_by END AS failed_last,
           CASE
               WHEN %(daily_consultation_limit)s::integer IS NOT NULL
                    AND public.registry_consultations_today() >= %(daily_consultation_limit)s::integer THEN 0
               WHEN c.broken_until IS NULL THEN %(window)s - a.queued
               WHEN EXISTS (SELECT FROM public.extraction_queue q
                            WHERE q.document_source = c.document_source AND q.status = 'En traitement')
                    OR EXISTS (SELECT FROM public.extraction_queue q
                               WHERE q.document_source = c.document_source AND q.status = 'En attente'
                                 AND q.spooled_on IS NULL
                                 AND q.dispatched_at > now() - make_interval(secs => %(redispatch_seconds)s)) THEN 0
               ELSE 1
           END AS rows,
           (SELECT count(*) FROM (SELECT FROM public.extraction_queue q
                                  WHERE q.document_source = c.document_source AND q.status = 'En attente'
                                    AND q.dispatched_at IS NOT NULL AND q.spooled_on IS NULL
                                  LIMIT %(window)s) AS sent) - a.queued AS missing
    FROM unnest(%(sources)s::text[], %(queued)s::integer[]) AS a (source, queued)
    JOIN public.source_control c ON c.document_source = a.source
    WHERE NOT c.paused AND NOT public.source_control_is_broken(c.broken_until)
), due AS (
    SELECT a.*, ready.*
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT q.id, q.priority, q.created_at
        FROM public.extraction_queue q
        WHERE q.document_source = a.document_source AND q.status = 'En attente' AND q.dispatched_at IS NULL
          AND q.spooled_on IS NULL AND q.available_at <= q.updated_at AND q.available_at <= now()
        ORDER BY q.priority DESC, q.created_at, q.id
        LIMIT greatest(%(window)s, 2)  -- a number: of a subquery the planner expects a tenth of the table
        FOR UPDATE OF q SKIP LOCKED  -- several bridges share the table
    ) AS ready
    UNION ALL
    SELECT a.*, aside.*
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT q.id, q.priority, q.created_at
        FROM public.extraction_queue q
        WHERE q.document_source = a.document_source AND q.status = 'En attente'
          AND (q.spooled_on IS NOT NULL OR (q.dispatched_at IS NULL AND q.available_at > q.updated_at))
          AND greatest(q.available_at, CASE WHEN q.spooled_on IS NOT NULL THEN q.spooled_until END) <= now()
          AND (q.dispatched_at IS NULL OR q.dispatched_at < now() - make_interval(secs => %(redispatch_seconds)s))
        ORDER BY greatest(q.available_at, CASE WHEN q.spooled_on IS NOT NULL THEN q.spooled_until END)
        LIMIT greatest(%(window)s, 100)
        FOR UPDATE OF q SKIP LOCKED
    ) AS aside
    UNION ALL
    SELECT a.*, again.*
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT q.id, q.priority, q.created_at
        FROM public.extraction_queue q
        WHERE q.document_source = a.document_source AND q.status = 'En attente' AND q.spooled_on IS NULL
          AND q.dispatched_at < now() - make_interval(secs => %(redispatch_seconds)s) AND q.available_at <= now()
        ORDER BY q.dispatched_at, q.created_at
        LIMIT greatest(a.missing, 0)
        FOR UPDATE OF q SKIP LOCKED
    ) AS again
), next AS (
    SELECT id
    FROM (SELECT id, rows,
                 row_number() OVER (PARTITION BY document_source
                                    ORDER BY coalesce(id = failed_last, false), priority DESC, created_at, id) AS place
          FROM due) AS placed
    WHERE place <= rows
)
UPDATE public.extraction_queue q
SET dispatched_at = now()
FROM next
WHERE q.id = next.id
RETURNING q.id, q.document_source AS source;

-- lock_rung --
-- Locks the rows that ring and returns them (extraction_queue_rung, 0003); the caller publishes them, runs `mark_sent` and
-- commits. A pass with the whole of `dispatch` follows soon.
-- sources, room (messages that each of their queues takes at least), daily_consultation_limit
SELECT id, source
FROM public.extraction_queue_rung(%(sources)s::text[], %(room)s, %(daily_consultation_limit)s::integer);

-- mark_sent --
-- Marks rows as sent, in the transaction that has locked them.
-- ids
UPDATE public.extraction_queue SET dispatched_at = now()
WHERE id IN (SELECT public.extraction_queue_id(t.id) FROM unnest(%(ids)s::text[]) AS t (id));

-- restore_sources --
-- A person may have emptied the table: without its row a source is never sent, and says nothing.
INSERT INTO public.source_control (document_source)
VALUES ('acte'), ('index'), ('plan_cadastraux')
ON CONFLICT DO NOTHING
RETURNING document_source AS source;

-- dispatch_spooled --
-- Marks the waiting rows whose bought document lies on a spool as sent; neither site nor account is needed for them.
-- limit (of new ones, and of those that were sent and not claimed), redispatch_seconds
WITH next AS (
    SELECT id FROM (
        SELECT id FROM public.extraction_queue
        WHERE status = 'En attente' AND spooled_on IS NOT NULL AND dispatched_at IS NULL
          AND public.extraction_queue_is_spooled(spooled_on, spooled_until) AND available_at <= now()
        ORDER BY created_at
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    ) AS new
    UNION ALL
    SELECT id FROM (
        SELECT id FROM public.extraction_queue
        WHERE status = 'En attente' AND spooled_on IS NOT NULL
          AND dispatched_at < now() - make_interval(secs => %(redispatch_seconds)s)
          AND public.extraction_queue_is_spooled(spooled_on, spooled_until) AND available_at <= now()
        ORDER BY dispatched_at
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    ) AS again
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
