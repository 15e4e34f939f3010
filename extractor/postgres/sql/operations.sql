-- What a person does to rows, sources and accounts. No statement here takes a row from a worker that holds it.

-- add --
-- Inserts one row; the trigger refuses it with a sentence when it cannot be asked.
-- document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type, priority,
-- reference, doubt (may be NULL)
INSERT INTO public.extraction_queue (document_source, document_number, circonscription_fonciere, cadastre,
                              designation_secondaire, acte_type, priority, reference, doubt, doubted_key)
VALUES (%(document_source)s, %(document_number)s, %(circonscription_fonciere)s, %(cadastre)s,
        %(designation_secondaire)s, %(acte_type)s, %(priority)s, %(reference)s, %(doubt)s,
        public.extraction_queue_request_key(%(document_source)s, %(document_number)s, %(circonscription_fonciere)s,
                                     %(cadastre)s, %(designation_secondaire)s, %(acte_type)s))
RETURNING id;

-- add_once --
-- As `add`, unless a row has that key: then no row. Of two at the same moment one waits for the other's commit.
-- document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type, priority,
-- reference, doubt (may be NULL), idempotency_key, idempotency_request
INSERT INTO public.extraction_queue (document_source, document_number, circonscription_fonciere, cadastre,
                              designation_secondaire, acte_type, priority, reference, doubt, doubted_key,
                              idempotency_key, idempotency_request)
VALUES (%(document_source)s, %(document_number)s, %(circonscription_fonciere)s, %(cadastre)s,
        %(designation_secondaire)s, %(acte_type)s, %(priority)s, %(reference)s, %(doubt)s,
        public.extraction_queue_request_key(%(document_source)s, %(document_number)s, %(circonscription_fonciere)s,
                                     %(cadastre)s, %(designation_secondaire)s, %(acte_type)s),
        %(idempotency_key)s, %(idempotency_request)s)
ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
RETURNING id;

-- find_by_key --
-- The row that a POST with this key made, the first of several, and what that POST asked for.
-- idempotency_key
SELECT id, idempotency_request, batch_id::text AS batch_id FROM public.extraction_queue WHERE idempotency_key = %(idempotency_key)s;

-- create_imported --
-- Where the lines of a file are checked before any of them becomes a row; gone with the transaction.
-- The reference has the type of the table's own column, whatever that is.
CREATE TEMPORARY TABLE imported ON COMMIT DROP AS
SELECT NULL::bigint AS line,
       NULL::text AS problem,  -- what the reader of the file found
       NULL::text AS document_source, NULL::text AS document_number, NULL::text AS circonscription_fonciere,
       NULL::text AS cadastre, NULL::text AS designation_secondaire, NULL::text AS acte_type, NULL::text AS priority,
       reference, doubt
FROM public.extraction_queue
WITH NO DATA;

-- copy_imported --
-- Takes the lines, in the order of `columns.COLUMNS`, each with its doubt.
COPY imported (line, problem, document_source, document_number, circonscription_fonciere, cadastre,
               designation_secondaire, acte_type, priority, reference, doubt) FROM STDIN;

-- find_doubts --
-- The lines that will probably be refused, the first of them, and how many there are.
-- limit
SELECT line, doubt, count(*) OVER () AS total FROM imported WHERE doubt IS NOT NULL ORDER BY line LIMIT %(limit)s;

-- find_problems --
-- The lines that cannot become rows, in the words that an INSERT would be refused with, and how many there are.
-- limit
SELECT line, problem, count(*) OVER () AS total
FROM (
    SELECT line, coalesce(
        problem,
        public.extraction_queue_refusal(document_source, document_number, circonscription_fonciere, cadastre,
                                 designation_secondaire, acte_type),
        CASE WHEN priority !~ '^[+-]?[0-9]{1,9}$' THEN
            format('priority is %%L: it must be a whole number', priority)
        END,
        public.extraction_queue_reference_problem(reference::text)) AS problem
    FROM imported
) AS checked
WHERE problem IS NOT NULL
ORDER BY line
LIMIT %(limit)s;

-- count_repeated --
-- How many lines ask for what an earlier line asks for, or a row that is not at Erreur.
WITH asked AS (
    SELECT request, row_number() OVER (PARTITION BY request ORDER BY line) AS nth
    FROM (SELECT line, public.extraction_queue_request_key(document_source, document_number, circonscription_fonciere,
                                                    cadastre, designation_secondaire, acte_type) AS request
          FROM imported) AS lines
)
SELECT count(*) AS repeated
FROM asked
WHERE nth > 1 OR request IN (SELECT request_key FROM public.extraction_queue WHERE status <> 'Erreur');

-- insert_imported --
-- Turns some of the lines into rows; a microsecond apart, so that the queue keeps the order of the file.
-- first_line, last_line, batch_id, reference (of a line that has none; may be NULL), idempotency_key,
-- idempotency_request (both of the first line; may be NULL)
INSERT INTO public.extraction_queue (document_source, document_number, circonscription_fonciere, cadastre,
                              designation_secondaire, acte_type, priority, created_at, batch_id, reference, doubt,
                              doubted_key, idempotency_key, idempotency_request)
SELECT document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type,
       coalesce(priority::integer, 0), now() + line * interval '1 microsecond', %(batch_id)s,
       coalesce(reference, %(reference)s), doubt,
       public.extraction_queue_request_key(document_source, document_number, circonscription_fonciere, cadastre,
                                    designation_secondaire, acte_type),
       CASE WHEN line = 1 THEN %(idempotency_key)s END, CASE WHEN line = 1 THEN %(idempotency_request)s END
FROM imported
WHERE line BETWEEN %(first_line)s AND %(last_line)s
ORDER BY line;

-- imported_ids --
-- The rows of an import, in the order of its file.
-- batch_id
SELECT id FROM public.extraction_queue WHERE batch_id::text = %(batch_id)s ORDER BY created_at, id;

-- find_by_beginning --
-- The rows whose id begins with a text, the latest first, and how many there are; none where ids are whole numbers.
-- text, limit
SELECT id, status, document_source AS source, document_number, count(*) OVER () AS total
FROM public.extraction_queue
WHERE pg_typeof(id) NOT IN ('bigint'::regtype, 'integer'::regtype)
  AND starts_with(id::text, CASE WHEN pg_typeof(id) = 'uuid'::regtype THEN lower(%(text)s::text) ELSE %(text)s END)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s;

-- retry_candidates --
-- The rows at Erreur that a person may mean, each with what prevents its retry. A cancelled row is found only by its
-- id or its error_code.
-- job_id (any text), error_code, source, since, within, batch_id, reference (each of these may be NULL),
-- max_consultations_per_job
SELECT q.id, q.document_source AS source, q.document_number, q.error_code, left(q.error_message, 200) AS error_message,
       coalesce(q.completed_at, q.updated_at) AS stopped_at, public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until) AS is_bought,
       public.extraction_queue_consultations(q.id) AS consultations, coalesce(q.max_consultations, %(max_consultations_per_job)s) AS allowed,
       public.extraction_queue_refusal(q.document_source, q.document_number, q.circonscription_fonciere, q.cadastre,
                                q.designation_secondaire, q.acte_type) AS problem
FROM public.extraction_queue q
WHERE q.status = 'Erreur'
  AND (%(job_id)s::text IS NULL OR q.id = public.extraction_queue_id(%(job_id)s))
  AND (%(error_code)s::text IS NULL OR q.error_code = %(error_code)s)
  AND (%(source)s::text IS NULL OR q.document_source = %(source)s)
  AND (%(since)s::timestamptz IS NULL OR coalesce(q.completed_at, q.updated_at) >= %(since)s)
  AND (%(within)s::interval IS NULL OR coalesce(q.completed_at, q.updated_at) >= now() - %(within)s)
  AND (%(batch_id)s::text IS NULL OR q.batch_id::text = %(batch_id)s)
  AND (%(reference)s::text IS NULL OR q.reference::text = %(reference)s)
  AND (q.error_code IS DISTINCT FROM 'cancelled' OR %(job_id)s::text IS NOT NULL OR %(error_code)s = 'cancelled')
ORDER BY stopped_at, q.id;

-- retry --
-- Erreur → En attente; the trigger clears what belongs to the past run.
-- job_ids, raised_ids (those among them that are allowed one consultation more)
UPDATE public.extraction_queue q
SET status = 'En attente',
    max_consultations = CASE
        WHEN q.id = ANY(%(raised_ids)s) THEN public.extraction_queue_consultations(q.id) + 1
        ELSE q.max_consultations
    END
WHERE q.id = ANY(%(job_ids)s) AND q.status = 'Erreur'
RETURNING q.id;

-- lock_row --
-- One row with what it asks for; until the end of the transaction no worker claims it and nobody else changes it.
-- job_id (any text)
SELECT id, status, worker_id, supabase_path, document_source, document_number, circonscription_fonciere, cadastre,
       designation_secondaire, acte_type, request_key
FROM public.extraction_queue
WHERE id = public.extraction_queue_id(%(job_id)s)
FOR UPDATE;

-- judge_request --
-- Why a request cannot be asked, in the words that an INSERT would be refused with, and its key.
-- document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type
SELECT public.extraction_queue_refusal(%(document_source)s, %(document_number)s, %(circonscription_fonciere)s,
                                       %(cadastre)s, %(designation_secondaire)s, %(acte_type)s) AS problem,
       public.extraction_queue_request_key(%(document_source)s, %(document_number)s, %(circonscription_fonciere)s,
                                           %(cadastre)s, %(designation_secondaire)s, %(acte_type)s) AS request_key;

-- edit --
-- Erreur or En attente → En attente, for another request; the trigger clears what belongs to the past run.
-- job_id, document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type,
-- doubt (may be NULL)
SELECT public.extraction_queue_edit(%(job_id)s, %(document_source)s, %(document_number)s, %(circonscription_fonciere)s,
                                    %(cadastre)s, %(designation_secondaire)s, %(acte_type)s, %(doubt)s) AS id;

-- count_consultations --
-- What a row was consulted for what it asks for now, what it may be, and what it was ever.
-- job_id, max_consultations_per_job
SELECT public.extraction_queue_consultations(q.id) AS consultations,
       coalesce(q.max_consultations, %(max_consultations_per_job)s) AS allowed,
       (SELECT count(DISTINCT (k.attempt_id, k.consultation)) FROM public.extraction_clicks k
        WHERE k.job_id = q.id AND k.free_at IS NULL) AS paid
FROM public.extraction_queue q
WHERE q.id = %(job_id)s;

-- allow_one_more --
-- One consultation more than it had for what it asks for.
-- job_id
UPDATE public.extraction_queue q SET max_consultations = public.extraction_queue_consultations(q.id) + 1
WHERE q.id = %(job_id)s
RETURNING q.id;

-- cancel --
-- A waiting row stops at once, unless its document is bought already; a running one at its next safe point. The rows
-- fit every given filter.
-- job_id (any text), batch_id, reference, error_code, source (each of these may be NULL, but not all), cancelled_by
UPDATE public.extraction_queue q
SET cancel_requested_at = coalesce(q.cancel_requested_at, now()),
    status = CASE q.status WHEN 'En attente' THEN 'Erreur' ELSE q.status END,
    completed_at = CASE q.status WHEN 'En attente' THEN now() ELSE q.completed_at END,
    dispatched_at = CASE q.status WHEN 'En attente' THEN NULL ELSE q.dispatched_at END,
    error_code = CASE q.status WHEN 'En attente' THEN 'cancelled' ELSE q.error_code END,
    error_message = CASE q.status
        WHEN 'En attente' THEN format(public.extraction_queue_says('Cancelled by %%s before its consultation.',
                                                                  'Annulée par %%s avant sa consultation.'),
                                      %(cancelled_by)s::text)
        ELSE q.error_message
    END
WHERE (%(job_id)s::text IS NULL OR q.id = public.extraction_queue_id(%(job_id)s))
  AND (%(batch_id)s::text IS NULL OR q.batch_id::text = %(batch_id)s)
  AND (%(reference)s::text IS NULL OR q.reference::text = %(reference)s)
  AND (%(error_code)s::text IS NULL OR q.error_code = %(error_code)s)
  AND (%(source)s::text IS NULL OR q.document_source = %(source)s)
  AND num_nonnulls(%(job_id)s::text, %(batch_id)s::text, %(reference)s::text, %(error_code)s::text, %(source)s::text) > 0
  AND (q.status = 'En traitement'
       OR (q.status = 'En attente' AND NOT public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until)))
RETURNING q.id, q.status, q.worker_id,
          public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until)
              OR EXISTS (SELECT FROM public.extraction_attempts t
                         WHERE t.id = q.attempt_id AND t.consultation_at IS NOT NULL) AS is_paid,
          public.extraction_queue_consultations(q.id) AS consultations;

-- pause --
-- Rows of these sources wait; running ones finish. Paused already, only the words change.
-- sources, paused_by, reason
UPDATE public.source_control c
SET paused = true, paused_by = %(paused_by)s, reason = %(reason)s, money_stopped = c.paused AND c.money_stopped,
    since = CASE WHEN c.paused THEN c.since ELSE now() END
WHERE c.document_source = ANY(%(sources)s)
RETURNING c.document_source AS source, c.paused, c.reason,
          CASE WHEN public.source_control_is_broken(c.broken_until) THEN c.broken_until END AS broken_until, c.broken_reason,
          (SELECT coalesce(sum(n.rows), 0)::bigint FROM public.extraction_counts n
           WHERE n.document_source = c.document_source AND n.status = 'En attente') AS waiting,
          (SELECT coalesce(sum(n.rows), 0)::bigint FROM public.extraction_counts n
           WHERE n.document_source = c.document_source AND n.status = 'En traitement') AS running;

-- resume --
-- The consultations that brought no document until now are a person's business from here on, and no longer counted.
-- sources
UPDATE public.source_control c
SET paused = false, paused_by = NULL, reason = NULL, since = NULL, money_stopped = false, money_counted_from = now()
WHERE c.document_source = ANY(%(sources)s)
RETURNING c.document_source AS source, c.paused, c.reason,
          CASE WHEN public.source_control_is_broken(c.broken_until) THEN c.broken_until END AS broken_until, c.broken_reason,
          (SELECT coalesce(sum(n.rows), 0)::bigint FROM public.extraction_counts n
           WHERE n.document_source = c.document_source AND n.status = 'En attente') AS waiting,
          (SELECT coalesce(sum(n.rows), 0)::bigint FROM public.extraction_counts n
           WHERE n.document_source = c.document_source AND n.status = 'En traitement') AS running;

-- accounts_openings --
-- Who of the Data API may read worker_accounts, as `anon, PUBLIC`; whether row level security is on. One row.
SELECT c.relrowsecurity AS is_protected,
       (SELECT string_agg(DISTINCT coalesce(r.rolname::text, 'PUBLIC'), ', ')
        FROM (SELECT grantee, privilege_type FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner)))
              UNION ALL
              SELECT x.grantee, x.privilege_type
              FROM pg_attribute a, aclexplode(a.attacl) AS x WHERE a.attrelid = c.oid) AS g
        LEFT JOIN pg_roles r ON r.oid = g.grantee
        WHERE g.privilege_type = 'SELECT' AND (g.grantee = 0 OR r.rolname IN ('anon', 'authenticated'))) AS readers
FROM pg_class c
WHERE c.oid = 'worker_accounts'::regclass;

-- add_account --
-- No row when the user code is known already.
-- username, password
INSERT INTO public.worker_accounts (username, password)
SELECT %(username)s, %(password)s
WHERE NOT EXISTS (SELECT FROM public.worker_accounts
                  WHERE public.worker_accounts_user_code(username) = public.worker_accounts_user_code(%(username)s))
RETURNING username, NULL AS held_by;

-- remove_account --
-- Deletes the rows of a user code, however often it was inserted. What it consulted stays recorded, and a session that
-- runs with it begins no new consultation.
-- username
DELETE FROM public.worker_accounts
WHERE id IN (SELECT id FROM public.worker_accounts
             WHERE public.worker_accounts_user_code(username) = public.worker_accounts_user_code(%(username)s)
             ORDER BY id
             FOR UPDATE)
RETURNING username, public.worker_accounts_holder(username) AS held_by;

-- set_password --
-- Sets a new password and forgets the refusals of the old one.
-- username, password
UPDATE public.worker_accounts
SET password = %(password)s, failure_count = 0, resting_until = NULL, last_error = NULL, updated_at = now()
WHERE id IN (SELECT id FROM public.worker_accounts
             WHERE public.worker_accounts_user_code(username) = public.worker_accounts_user_code(%(username)s)
             ORDER BY id
             FOR UPDATE)
RETURNING username, public.worker_accounts_holder(username) AS held_by;

-- set_active --
-- A worker that holds a disabled account finishes the row that it has paid for, and then ends the session.
-- username, is_active
UPDATE public.worker_accounts SET is_active = %(is_active)s, updated_at = now()
WHERE id IN (SELECT id FROM public.worker_accounts
             WHERE public.worker_accounts_user_code(username) = public.worker_accounts_user_code(%(username)s)
             ORDER BY id
             FOR UPDATE)
RETURNING username, public.worker_accounts_holder(username) AS held_by;

-- reset --
-- Forgets refused logins and ends the rest.
-- username (NULL: of every account)
UPDATE public.worker_accounts
SET failure_count = 0, resting_until = NULL, last_error = NULL, updated_at = now()
WHERE id IN (SELECT id FROM public.worker_accounts
             WHERE %(username)s::text IS NULL OR public.worker_accounts_user_code(username) = public.worker_accounts_user_code(%(username)s)
             ORDER BY id
             FOR UPDATE)
RETURNING username, public.worker_accounts_holder(username) AS held_by;
