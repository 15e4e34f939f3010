-- What happened to rows: the stream that the API reads, and the outbox of the webhooks. Triggers fill both (0003).

-- unplaced --
-- Whether an event has no position; asked first, so that a look at a quiet table writes nothing.
SELECT id FROM public.extraction_events WHERE position IS NULL LIMIT 1;

-- lock_stream --
-- Whoever has this row gives positions; others leave it to that one. It is restored when somebody deleted it.
WITH restored AS (INSERT INTO public.event_control (only_row) VALUES (true) ON CONFLICT DO NOTHING RETURNING only_row)
SELECT only_row FROM public.event_control
WHERE NOT EXISTS (SELECT FROM restored)
FOR UPDATE SKIP LOCKED;

-- place --
-- Gives the next positions to events that have none, in the transaction that holds `lock_stream`: so positions appear in
-- their order, and a reader that has seen one has seen all below it. An id does not do: a transaction that began
-- earlier may end later. Returns how many it placed.
-- limit
WITH next AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id FROM public.extraction_events WHERE position IS NULL ORDER BY id LIMIT %(limit)s) AS unplaced
), last AS (
    SELECT greatest((SELECT max(last_position) FROM public.event_control),
                    (SELECT max(position) FROM public.extraction_events)) AS position
), placed AS (
    UPDATE public.extraction_events e
    SET position = last.position + next.place
    FROM next, last
    WHERE e.id = next.id
    RETURNING e.position
), counted AS (
    UPDATE public.event_control
    SET last_position = greatest(last_position, (SELECT max(position) FROM placed))
    WHERE EXISTS (SELECT FROM placed)
)
SELECT count(*) AS placed FROM placed;

-- read_after --
-- Events behind a position that fit every given filter, in the order of the stream.
-- position, limit, ids, batch_ids (lists of texts; NULL = every)
SELECT position, id, told_as, job_id::text AS job_id, batch_id, kind, at, facts
FROM public.extraction_events
WHERE position > %(position)s
  AND (%(ids)s::text[] IS NULL
       OR job_id = ANY (ARRAY(SELECT public.extraction_queue_id(i) FROM unnest(%(ids)s::text[]) AS i)))
  AND (%(batch_ids)s::text[] IS NULL OR batch_id = ANY (%(batch_ids)s::text[]))
ORDER BY position
LIMIT %(limit)s;

-- bounds --
-- The last position of the stream, and the first that is still kept; the two beside each other when none is.
SELECT c.last AS last, coalesce((SELECT min(position) FROM public.extraction_events), c.last + 1) AS first
FROM (SELECT coalesce(max(last_position), 0) AS last FROM public.event_control) AS c;

-- forget --
-- Deletes some events that are older than this, and their deliveries with them; returns whether each was still to be
-- delivered.
-- days, limit
WITH old AS (
    SELECT id FROM public.extraction_events
    WHERE at < now() - make_interval(days => %(days)s)
    ORDER BY at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM public.extraction_events e
USING old
WHERE e.id = old.id
RETURNING EXISTS (SELECT FROM public.webhook_deliveries d WHERE d.event_id = e.id) AS is_undelivered;

-- want --
-- Says that a sender is there: from now on, and for these days, each event gets a delivery.
-- days
INSERT INTO public.event_control (only_row) VALUES (true)
ON CONFLICT (only_row) DO UPDATE SET wanted_until = now() + make_interval(days => %(days)s);

-- take --
-- Leases the next event that is due, and none of a row that has an earlier one: so each row's come in their order. Two
-- senders never have the same, and a dead sender's is taken again once its lease has passed.
-- lease_seconds
WITH next AS (
    SELECT d.event_id FROM public.webhook_deliveries d
    WHERE d.due_at <= now()
      AND (d.leased_until IS NULL OR d.leased_until < now())
      AND NOT EXISTS (SELECT FROM public.webhook_deliveries o WHERE o.job_id = d.job_id AND o.event_id < d.event_id)
    ORDER BY d.due_at, d.event_id
    LIMIT 1
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE public.webhook_deliveries d
SET lease_id = gen_random_uuid(), leased_until = now() + make_interval(secs => %(lease_seconds)s), tries = d.tries + 1
FROM next
JOIN public.extraction_events e ON e.id = next.event_id
WHERE d.event_id = next.event_id
RETURNING d.lease_id, d.tries, e.position, e.id, e.told_as, e.job_id::text AS job_id, e.batch_id, e.kind, e.at, e.facts;

-- delivered --
-- event_id, lease_id
WITH done AS (
    DELETE FROM public.webhook_deliveries WHERE event_id = %(event_id)s AND lease_id = %(lease_id)s
)
UPDATE public.event_control SET delivered_at = now(), problem = NULL, problem_at = NULL;

-- not_delivered --
-- Gives it back: due again after a pause. `problem` is NULL when the sender was stopped before it had an answer.
-- event_id, lease_id, pause_seconds, problem
WITH kept AS (
    UPDATE public.webhook_deliveries
    SET lease_id = NULL, leased_until = NULL, due_at = now() + make_interval(secs => %(pause_seconds)s),
        last_error = coalesce(%(problem)s::text, last_error)
    WHERE event_id = %(event_id)s AND lease_id = %(lease_id)s
)
UPDATE public.event_control SET problem = %(problem)s::text, problem_at = now() WHERE %(problem)s::text IS NOT NULL;

-- undelivered --
-- How the webhooks are: what waits, since when, and what the last try met.
SELECT (SELECT count(*) FROM public.webhook_deliveries) AS undelivered,
       (SELECT min(e.at) FROM public.webhook_deliveries d JOIN public.extraction_events e ON e.id = d.event_id) AS since,
       coalesce(c.wanted_until > now(), false) AS is_wanted, c.delivered_at, c.problem
FROM (VALUES (true)) AS one (row)
LEFT JOIN public.event_control c ON c.only_row;
