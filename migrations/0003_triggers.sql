-- What the database does by itself: it refuses bad rows, reads their numbers, clears a row that is sent again, rings.
-- Beside it, four functions that are called: an edit, the dispatch of what rang, the claim, the completion.
--
-- A trigger that calls a function of 0002 runs as the owner (SECURITY DEFINER), so that whoever may write a row needs no
-- right on any function. Most read nothing but the row. These write elsewhere: worker_accounts_before_delete,
-- extraction_queue_tell, extraction_queue_count, extraction_clicks_reopen and extraction_attempts_reopen.

CREATE OR REPLACE FUNCTION extraction_queue_before_write()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    refusal text;
    is_plain boolean;
    is_same boolean;
    is_edited boolean := false;
BEGIN
    NEW.updated_at := now();
    -- A table that people had may allow NULL here, and no statement of the system does.
    NEW.created_at := coalesce(NEW.created_at, now());
    NEW.available_at := coalesce(NEW.available_at, now());
    NEW.priority := coalesce(NEW.priority, 0);
    NEW.attemtps := coalesce(NEW.attemtps, 0);
    NEW.kills := coalesce(NEW.kills, 0);

    -- A CHECK refuses this too (0004), by its name alone.
    IF NEW.status NOT IN ('En attente', 'En traitement', 'Complété', 'Erreur') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format(public.extraction_queue_says(
            'status is %s: it must be En attente, En traitement, Complété or Erreur',
            'status est %s : inscrivez En attente, En traitement, Complété ou Erreur'),
            quote_literal(left(NEW.status, 60)));
    END IF;

    -- Nine rows of ten are plain, and most writes change nothing of a request: both cost a bulk write little.
    is_plain := public.extraction_queue_is_plain(
        NEW.document_source, NEW.document_number, NEW.circonscription_fonciere, NEW.cadastre,
        NEW.designation_secondaire, NEW.acte_type);
    is_same := TG_OP = 'UPDATE'
        AND NEW.document_source IS NOT DISTINCT FROM OLD.document_source
        AND NEW.document_number IS NOT DISTINCT FROM OLD.document_number
        AND NEW.circonscription_fonciere IS NOT DISTINCT FROM OLD.circonscription_fonciere
        AND NEW.cadastre IS NOT DISTINCT FROM OLD.cadastre
        AND NEW.designation_secondaire IS NOT DISTINCT FROM OLD.designation_secondaire
        AND NEW.acte_type IS NOT DISTINCT FROM OLD.acte_type;

    IF is_same AND NEW.request_key = OLD.request_key
       AND NEW.document_number_normalized = OLD.document_number_normalized THEN
        NULL;  -- both are there already
    ELSIF is_plain THEN
        NEW.document_number_normalized := NEW.document_number;
        NEW.request_key := lower(concat(
            NEW.document_source, '|', NEW.document_number, '|', NEW.circonscription_fonciere, '|', NEW.cadastre, '|',
            NEW.designation_secondaire, '|', NEW.acte_type) COLLATE "C");
        IF NEW.request_key ~ '[À-Þ]' THEN
            NEW.request_key := translate(NEW.request_key, 'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ',
                                         'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ');
        END IF;
    ELSE
        NEW.document_number_normalized := public.extraction_queue_normalized(NEW.document_number);
        NEW.request_key := public.extraction_queue_request_key(
            NEW.document_source, NEW.document_number, NEW.circonscription_fonciere, NEW.cadastre,
            NEW.designation_secondaire, NEW.acte_type);
    END IF;

    IF TG_OP = 'UPDATE' THEN
        -- By the function of today: a migration may give every row another key, and edits none.
        is_edited := NOT is_same AND NEW.request_key IS DISTINCT FROM public.extraction_queue_request_key(
            OLD.document_source, OLD.document_number, OLD.circonscription_fonciere, OLD.cadastre,
            OLD.designation_secondaire, OLD.acte_type);

        -- A running row belongs to its worker while that lives: a second one would buy the document again. To stop it
        -- is to ask for its end, which the worker grants until its paid click. It is no worker that writes here: one
        -- that gives a row up, or completes it, takes the lease away in the same statement.
        IF OLD.status = 'En traitement' AND NEW.status <> 'En traitement' AND OLD.lease_expires_at > now()
           AND NEW.lease_expires_at IS NOT DISTINCT FROM OLD.lease_expires_at THEN
            IF NEW.status = 'Erreur' THEN
                NEW.cancel_requested_at := coalesce(NEW.cancel_requested_at, now());
            END IF;
            NEW.status := OLD.status;
            NEW.attemtps := OLD.attemtps;
            NEW.worker_id := OLD.worker_id;
            NEW.processing_started_at := OLD.processing_started_at;
            NEW.supabase_path := OLD.supabase_path;
            NEW.error_code := OLD.error_code;
            NEW.error_message := OLD.error_message;
            RAISE NOTICE '%', format(CASE WHEN NEW.cancel_requested_at IS NULL THEN public.extraction_queue_says(
                'extraction_queue: row %s stays En traitement, since worker %s is at work on it. Nothing is lost: wait'
                ' for its end.',
                'extraction_queue : la ligne %s reste En traitement, car le worker %s y travaille. Rien n''est perdu :'
                ' attendez qu''il ait terminé.') ELSE public.extraction_queue_says(
                'extraction_queue: row %s stays En traitement, since worker %s is at work on it. It is asked to stop,'
                ' which it does unless the document is paid.',
                'extraction_queue : la ligne %s reste En traitement, car le worker %s y travaille. Il lui est demandé'
                ' d''arrêter, ce qu''il fera sauf si le document est déjà payé.') END, NEW.id, NEW.worker_id);
        END IF;
    END IF;

    -- Of a row that a worker takes it is not asked: that decides nothing.
    refusal := CASE WHEN NOT is_plain AND (NEW.status = 'En attente' OR (NEW.status = 'En traitement' AND TG_OP = 'INSERT'))
        THEN public.extraction_queue_refusal(
        NEW.document_source, NEW.document_number, NEW.circonscription_fonciere, NEW.cadastre,
        NEW.designation_secondaire, NEW.acte_type) END;
    IF refusal IS NOT NULL AND TG_OP = 'INSERT' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = refusal;
    ELSIF refusal IS NOT NULL AND NEW.status = 'En attente' THEN
        -- One bad row must not undo an UPDATE of a hundred thousand. A running row is told by its worker.
        NEW.status := 'Erreur';
        NEW.completed_at := now();
        NEW.dispatched_at := NULL;
        NEW.error_code := 'invalid_request';
        NEW.error_message := format(public.extraction_queue_says(
            '%s; correct the row and set status to En attente.',
            '%s. Corrigez la ligne, puis remettez status à En attente.'), refusal);
    END IF;

    -- A person (SQL, API or command) sends a finished row again, or asks a finished row for another document: what
    -- belongs to the past run is cleared. The attempts keep it.
    IF TG_OP = 'UPDATE' AND OLD.status IN ('Erreur', 'Complété')
       AND (NEW.status = 'En attente' OR (is_edited AND OLD.status = 'Complété' AND NEW.status = 'Complété')) THEN
        NEW.attemtps := 0;
        NEW.available_at := now();
        NEW.attempt_id := NULL;
        NEW.worker_id := NULL;
        NEW.dispatched_at := NULL;
        NEW.lease_expires_at := NULL;
        NEW.processing_started_at := NULL;
        NEW.completed_at := NULL;
        NEW.error_code := NULL;
        NEW.error_message := NULL;
        NEW.supabase_path := NULL;
        NEW.document_sha256 := NULL;
        NEW.document_bytes := NULL;
        NEW.document_pages := NULL;
        NEW.document_warning := NULL;
        NEW.identity := NULL;
        NEW.fetched_as := NULL;
        NEW.kills := 0;
        NEW.cancel_requested_at := NULL;
        IF OLD.status = 'Complété' THEN  -- the bought document of an Erreur may still lie there
            NEW.spooled_on := NULL;
            NEW.spooled_until := NULL;
        END IF;
        IF NEW.status = 'Complété' THEN
            NEW.status := 'Erreur';
            NEW.completed_at := now();
            NEW.error_code := 'request_changed';
            NEW.error_message := format(public.extraction_queue_says(
                'The row was changed after it was completed, and asks for another document. The earlier one stays at'
                ' %s. To fetch the other one, which may be charged, set status to En attente.',
                'La ligne a été modifiée après son achèvement, et demande un autre document. Le premier reste à'
                ' l''emplacement %s. Pour obtenir l''autre, qui peut être facturé, remettez status à En attente.'),
                coalesce(OLD.supabase_path, public.extraction_queue_says('no path', 'inconnu')));
        END IF;
    ELSIF is_edited AND NEW.status = 'En attente' THEN  -- it waits, for another document: it goes as a new one would
        NEW.attemtps := 0;
        NEW.kills := 0;
        NEW.dispatched_at := NULL;
        NEW.error_code := NULL;
        NEW.error_message := NULL;
    END IF;

    -- A cancelled row does not go back to waiting, whichever way it leaves its worker; a bought document is stored.
    IF TG_OP = 'UPDATE' AND NEW.status = 'En attente' AND NEW.cancel_requested_at IS NOT NULL
       AND NOT public.extraction_queue_is_spooled(NEW.spooled_on, NEW.spooled_until) THEN
        NEW.status := 'Erreur';
        NEW.completed_at := now();
        NEW.error_code := 'cancelled';
        NEW.error_message := public.extraction_queue_says(
            'Cancelled: nothing more is asked of the registry for this row.',
            'Annulée : plus rien n''est demandé au registre pour cette ligne.');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS extraction_queue_before_write ON extraction_queue;
CREATE TRIGGER extraction_queue_before_write BEFORE INSERT OR UPDATE ON extraction_queue
    FOR EACH ROW EXECUTE FUNCTION extraction_queue_before_write();

-- The doorbell may be lost and must never break a user's INSERT: the bridge's sweep finds every row.
-- An UPDATE rings only for rows that the bridge could send now. Otherwise the bridge's own updates and the heartbeats
-- would ring it for ever.
CREATE OR REPLACE FUNCTION extraction_queue_ring()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM pg_notify('extraction_queue', '');
    ELSIF EXISTS (SELECT FROM changed WHERE status = 'En attente' AND dispatched_at IS NULL) THEN
        PERFORM pg_notify('extraction_queue', '');
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'extraction_queue: the bridge was not rung (%); its sweep will find the row', SQLERRM;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS extraction_queue_ring ON extraction_queue;
CREATE TRIGGER extraction_queue_ring AFTER INSERT ON extraction_queue
    FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_ring();

DROP TRIGGER IF EXISTS extraction_queue_ring_again ON extraction_queue;
CREATE TRIGGER extraction_queue_ring_again AFTER UPDATE ON extraction_queue REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_ring();

-- What a person corrects by the command or the API, whose login may not write these columns. No row in progress is edited,
-- and none at Complété, whatever calls this; the trigger above does the rest.
CREATE OR REPLACE FUNCTION extraction_queue_edit(
    job_id extraction_queue.id%TYPE, document_source text, document_number text, circonscription_fonciere text,
    cadastre text, designation_secondaire text, acte_type text, doubt text)
RETURNS extraction_queue.id%TYPE LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.extraction_queue q
    SET document_source = extraction_queue_edit.document_source,
        document_number = extraction_queue_edit.document_number,
        circonscription_fonciere = extraction_queue_edit.circonscription_fonciere,
        cadastre = extraction_queue_edit.cadastre,
        designation_secondaire = extraction_queue_edit.designation_secondaire,
        acte_type = extraction_queue_edit.acte_type,
        status = 'En attente',
        doubt = extraction_queue_edit.doubt,
        doubted_key = public.extraction_queue_request_key(
            extraction_queue_edit.document_source, extraction_queue_edit.document_number,
            extraction_queue_edit.circonscription_fonciere, extraction_queue_edit.cadastre,
            extraction_queue_edit.designation_secondaire, extraction_queue_edit.acte_type)
    WHERE q.id = extraction_queue_edit.job_id AND q.status IN ('En attente', 'Erreur');
    RETURN CASE WHEN FOUND THEN extraction_queue_edit.job_id END;
END
$$;
COMMENT ON FUNCTION extraction_queue_edit IS
    'Corrects what a row at Erreur or En attente asks for, and sends it again; NULL for any other row.';

-- The three statements that every row needs. They are functions for their plans, which a connection of the server keeps: to
-- plan such a statement takes longer than to run it, and a pooler knows no prepared statement. One plan does for a table
-- of any length: each finds its rows by an id, or reads an index in its order. A plan may be made while a table has one
-- page, when every way costs the same. So the ways that read a whole table or index are switched off (`enable_seqscan`
-- and the like), and a condition that another partial index has too stands where the planner does not look for it. The
-- same holds for the statements of triggers and for the functions that count money, whose plans are kept too.
--
-- Only the database's clock decides; every write of a worker names its attempt_id.

-- Locks the rows that ring and returns their ids; the bridge publishes them, marks them as sent and commits. It is the
-- part of `dispatch` (dispatcher.sql) that a ring waits for: rows that were due when they were last written, of sources
-- whose breaker is closed. `room` is the number of messages that each of their queues takes at least.
CREATE OR REPLACE FUNCTION extraction_queue_rung(sources text[], room integer, daily_consultation_limit integer)
RETURNS TABLE (id extraction_queue.id%TYPE, source text) LANGUAGE plpgsql
SET search_path = '' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT ready.id, a.source
    FROM unnest(extraction_queue_rung.sources) AS a (source)
    JOIN public.source_control c ON c.document_source = a.source
    CROSS JOIN LATERAL (
        SELECT q.id
        FROM public.extraction_queue q
        WHERE q.document_source = c.document_source AND q.status = 'En attente' AND q.dispatched_at IS NULL
          AND q.spooled_on IS NULL AND q.available_at <= q.updated_at AND q.available_at <= now()
        ORDER BY q.priority DESC, q.created_at, q.id
        LIMIT extraction_queue_rung.room
        FOR UPDATE OF q SKIP LOCKED  -- several bridges share the table
    ) AS ready
    WHERE NOT c.paused AND c.broken_until IS NULL
      AND (extraction_queue_rung.daily_consultation_limit IS NULL
           OR public.registry_consultations_today() < extraction_queue_rung.daily_consultation_limit);
END
$$;
COMMENT ON FUNCTION extraction_queue_rung IS
    'Locks waiting rows for the transaction and returns their ids: up to `room` of each source, as far as they may be sent now.';

-- Takes one row to En traitement, inserts its attempt and returns it. No row when another worker has it, it is not
-- due, its source is paused, broken or being probed, or the caller may not begin a row with its account any more.
-- A row whose document lies on the caller's spool needs neither the site nor an account.
CREATE OR REPLACE FUNCTION extraction_queue_claim(
    job_id text, worker_id text, account_id worker_accounts.id%TYPE, account_lease_id uuid, message_id text, spool_id uuid,
    lease_seconds double precision, reuse_days integer)
RETURNS SETOF extraction_queue LANGUAGE plpgsql
SET search_path = '' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT public.extraction_queue.id%TYPE := public.extraction_queue_id(extraction_queue_claim.job_id);
BEGIN
    RETURN QUERY
    WITH claimable AS (
        SELECT q.id, q.document_source, q.request_key
        FROM public.extraction_queue q
        JOIN public.source_control c ON c.document_source = q.document_source
        -- Inside CASE, where the planner sees no use for the index of all waiting rows.
        WHERE q.id = wanted AND CASE WHEN
              q.status = 'En attente'
          AND q.available_at <= now()
          AND (q.spooled_on = extraction_queue_claim.spool_id
               OR (NOT public.extraction_queue_is_spooled(q.spooled_on, q.spooled_until)
                   AND NOT c.paused
                   AND NOT public.source_control_is_broken(c.broken_until)
                   AND (c.broken_until IS NULL
                        OR NOT EXISTS (SELECT FROM public.extraction_queue o
                                       WHERE o.document_source = q.document_source AND o.status = 'En traitement'))
                   AND (extraction_queue_claim.reuse_days = 0
                        OR NOT EXISTS (SELECT FROM public.extraction_queue o
                                       WHERE o.status = 'En traitement'
                                         AND o.request_key = q.request_key))
                   AND EXISTS (SELECT FROM public.registry_sessions s
                               WHERE s.lease_id = extraction_queue_claim.account_lease_id AND s.lease_expires_at > now()
                                 AND public.registry_sessions_is_wanted(s))))
              THEN true END
        FOR UPDATE OF q  -- not SKIP LOCKED: the bridge that sent the message may not have committed yet
    ), attempt AS (
        INSERT INTO public.extraction_attempts AS t
            (job_id, document_source, worker_id, account_id, account_lease_id, request_key, alive_until, message_id)
        SELECT claimable.id, claimable.document_source, extraction_queue_claim.worker_id,
               extraction_queue_claim.account_id, extraction_queue_claim.account_lease_id, claimable.request_key,
               now() + make_interval(secs => extraction_queue_claim.lease_seconds), extraction_queue_claim.message_id
        FROM claimable
        RETURNING t.id, t.job_id
    )
    UPDATE public.extraction_queue q
    SET status = 'En traitement',
        attemtps = coalesce(q.attemtps, 0) + 1,
        attempt_id = attempt.id,
        worker_id = extraction_queue_claim.worker_id,
        processing_started_at = now(),
        lease_expires_at = now() + make_interval(secs => extraction_queue_claim.lease_seconds),
        error_code = NULL,
        error_message = NULL
    FROM attempt
    WHERE q.id = attempt.job_id
    RETURNING q.*;
END
$$;
COMMENT ON FUNCTION extraction_queue_claim IS
    'Begins an attempt at one row, if it may be claimed now, and returns the row; job_id is any text that a message carries.';

-- En traitement → Complété, and the attempt with its steps; a cancellation that came after the click is noted. The site
-- answered as it should, so its source's breaker closes, unless somebody else writes there at this moment: then the next
-- success closes it.
CREATE OR REPLACE FUNCTION extraction_queue_complete(
    job_id extraction_queue.id%TYPE, attempt_id bigint, supabase_path text, sha256 text, size_bytes bigint, pages integer,
    warning text, identity text, fetched_as jsonb, steps jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = '' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    is_current boolean;
BEGIN
    WITH held AS (
        SELECT q.id, coalesce(t.request_key, q.request_key) IS NOT DISTINCT FROM q.request_key AS is_current
        FROM public.extraction_queue q
        JOIN public.extraction_attempts t ON t.id = q.attempt_id
        WHERE q.id = extraction_queue_complete.job_id AND q.status = 'En traitement'
          AND q.attempt_id = extraction_queue_complete.attempt_id
        FOR UPDATE OF q
    ), completed AS (
        UPDATE public.extraction_queue q
        SET status = 'Complété', completed_at = now(), fetched_as = extraction_queue_complete.fetched_as,
            supabase_path = extraction_queue_complete.supabase_path,
            lease_expires_at = NULL, spooled_on = NULL, spooled_until = NULL,
            error_code = CASE WHEN q.cancel_requested_at IS NOT NULL THEN 'cancelled_late' END,
            error_message = CASE WHEN q.cancel_requested_at IS NOT NULL
                                 THEN public.extraction_queue_says(
                                     'Cancelled after its consultation: the document was paid, and is kept.',
                                     'Annulée après sa consultation : le document a été payé et il est conservé.') END,
            document_sha256 = extraction_queue_complete.sha256,
            document_bytes = extraction_queue_complete.size_bytes,
            document_pages = extraction_queue_complete.pages,
            document_warning = extraction_queue_complete.warning,
            identity = extraction_queue_complete.identity
        FROM held
        WHERE q.id = held.id AND held.is_current
        RETURNING q.attempt_id, q.document_source
    ), ended AS (
        UPDATE public.extraction_attempts t
        SET finished_at = now(), outcome = 'completed', supabase_path = extraction_queue_complete.supabase_path,
            steps = extraction_queue_complete.steps
        FROM completed
        WHERE t.id = completed.attempt_id
    ), served AS (
        UPDATE public.source_control c
        SET site_failures = 0, broken_until = NULL, broken_reason = NULL, broken_by = NULL
        FROM (SELECT s.document_source
              FROM public.source_control s
              JOIN completed ON completed.document_source = s.document_source
              WHERE s.site_failures > 0
              FOR UPDATE OF s SKIP LOCKED) AS free
        WHERE c.document_source = free.document_source
    )
    SELECT held.is_current INTO is_current FROM held;
    RETURN is_current;
END
$$;
COMMENT ON FUNCTION extraction_queue_complete IS
    'Ends an attempt whose document storage has; false when the row now asks for another one, NULL when another has it.';

-- Asked only when the reference itself is written, so no other write of a row is ever refused for it.
CREATE OR REPLACE FUNCTION extraction_queue_check_reference()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    refusal CONSTANT text := public.extraction_queue_reference_problem(NEW.reference::text);
BEGIN
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = refusal;
    END IF;
    RETURN NEW;
END
$$;

-- A column of that name that the table had before stays as it is.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.extraction_queue'::regclass
                   AND attname = 'reference' AND NOT attisdropped) THEN
        ALTER TABLE extraction_queue ADD COLUMN reference text;
        CREATE TRIGGER extraction_queue_check_reference BEFORE INSERT OR UPDATE OF reference ON extraction_queue
            FOR EACH ROW WHEN (NEW.reference IS NOT NULL) EXECUTE FUNCTION extraction_queue_check_reference();
        COMMENT ON COLUMN extraction_queue.reference IS
            'Your own dossier, as you write it; the system filters by it and never changes it.';
    END IF;
END
$$;

-- Statements compare both as text, whatever the type of a column that the table had already. A type whose text depends
-- on the session, such as a moment, has no index and is read row by row.
DO $$
BEGIN
    CREATE INDEX IF NOT EXISTS extraction_queue_reference ON extraction_queue ((reference::text), created_at DESC)
        WHERE reference IS NOT NULL;
    CREATE INDEX IF NOT EXISTS extraction_queue_batch ON extraction_queue ((batch_id::text), created_at DESC)
        WHERE batch_id IS NOT NULL;
EXCEPTION WHEN invalid_object_definition THEN
    RAISE NOTICE 'extraction_queue: your own column reference or batch_id has a type that cannot be indexed as text;'
        ' filters by it read every row.';
END
$$;

-- `DELETE FROM worker_accounts` works as documented, also for an account that a worker has used.
CREATE OR REPLACE FUNCTION worker_accounts_before_delete()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.worker_status SET account_id = NULL WHERE account_id = OLD.id;
    RETURN OLD;
END
$$;

DROP TRIGGER IF EXISTS worker_accounts_before_delete ON worker_accounts;
CREATE TRIGGER worker_accounts_before_delete BEFORE DELETE ON worker_accounts
    FOR EACH ROW EXECUTE FUNCTION worker_accounts_before_delete();

-- A new password, a new user code or a reset by hand ends the rest that refusals of the old one began, and their count.
-- A sealed text is the system's own writing: the same password in another form, or a new one whose statement ends the
-- rest itself.
CREATE OR REPLACE FUNCTION worker_accounts_before_update()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    is_new CONSTANT boolean := NEW.username IS DISTINCT FROM OLD.username
                               OR (NEW.password IS DISTINCT FROM OLD.password
                                   AND NOT starts_with(NEW.password, 'sealed:'));
BEGIN
    IF is_new AND NEW.failure_count IS NOT DISTINCT FROM OLD.failure_count THEN
        NEW.failure_count := 0;
    END IF;
    IF is_new OR (NEW.failure_count = 0 AND OLD.failure_count > 0) THEN
        NEW.resting_until := NULL;
        NEW.last_error := NULL;
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS worker_accounts_before_update ON worker_accounts;
CREATE TRIGGER worker_accounts_before_update BEFORE UPDATE ON worker_accounts
    FOR EACH ROW EXECUTE FUNCTION worker_accounts_before_update();

-- Whoever waits for a row is told by what stands here: that it ended, or that a finished one was sent again. It is in the
-- transaction of the change, so that no end is lost and none is told that was rolled back. A delivery is made only
-- while a bridge with a WEBHOOK_URL was there lately. One INSERT per statement, however many rows it changes.
--
-- It must never undo the change itself: a document may have been paid. So a table that somebody broke costs the event.
CREATE OR REPLACE FUNCTION extraction_queue_tell()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    WITH told AS (
        INSERT INTO public.extraction_events (job_id, batch_id, kind, facts)
        SELECT n.id, n.batch_id::text,
               CASE n.status WHEN 'Complété' THEN 'completed' WHEN 'Erreur' THEN 'failed' ELSE 'sent_again' END,
               jsonb_build_object(
                   'id', n.id::text, 'document_source', n.document_source, 'document_number', n.document_number,
                   'reference', n.reference::text, 'batch_id', n.batch_id::text, 'status', n.status,
                   'supabase_path', n.supabase_path, 'completed_at', n.completed_at,
                   'error_code', n.error_code, 'error_message', n.error_message,
                   'document_sha256', n.document_sha256, 'document_bytes', n.document_bytes,
                   'document_pages', n.document_pages, 'document_warning', n.document_warning,
                   'identity', n.identity)
        FROM changed n
        JOIN earlier o ON o.id = n.id
        WHERE n.status IS DISTINCT FROM o.status
          AND (n.status IN ('Complété', 'Erreur')
               OR (n.status = 'En attente' AND o.status IN ('Complété', 'Erreur')))
        RETURNING id, job_id
    )
    INSERT INTO public.webhook_deliveries (event_id, job_id)
    SELECT told.id, told.job_id FROM told
    WHERE EXISTS (SELECT FROM public.event_control WHERE wanted_until > now());
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'extraction_queue: nobody is told of this change (%): run extractor doctor', SQLERRM;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS extraction_queue_tell ON extraction_queue;
CREATE TRIGGER extraction_queue_tell AFTER UPDATE ON extraction_queue
    REFERENCING OLD TABLE AS earlier NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_tell();

-- Every change of a row's source, status or code is counted in its own transaction: one INSERT per statement, however
-- many rows it changes. ALWAYS, so that a session with `session_replication_role = replica` counts too.
--
-- As above, it never undoes the change: the bridge counts again when it starts.
CREATE OR REPLACE FUNCTION extraction_queue_count()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.extraction_counts (document_source, status, error_code, rows)
        SELECT coalesce(document_source, '?'), coalesce(status, ''), coalesce(error_code, ''), count(*)
        FROM changed GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO public.extraction_counts (document_source, status, error_code, rows)
        SELECT coalesce(document_source, '?'), coalesce(status, ''), coalesce(error_code, ''), -count(*)
        FROM earlier GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO public.extraction_counts (document_source, status, error_code, rows)
        SELECT source, status, code, sum(rows)
        FROM (SELECT coalesce(document_source, '?') AS source, coalesce(status, '') AS status,
                     coalesce(error_code, '') AS code, count(*) AS rows
              FROM changed GROUP BY 1, 2, 3
              UNION ALL
              SELECT coalesce(document_source, '?'), coalesce(status, ''), coalesce(error_code, ''), -count(*)
              FROM earlier GROUP BY 1, 2, 3) AS both_sides
        GROUP BY 1, 2, 3
        HAVING sum(rows) <> 0;
    ELSE  -- TRUNCATE, which waited for every other writer
        INSERT INTO public.extraction_counts (document_source, status, error_code, rows)
        SELECT document_source, status, error_code, -sum(rows) FROM public.extraction_counts GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'extraction_queue: this change is not counted (%): run extractor doctor', SQLERRM;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS extraction_queue_count_inserted ON extraction_queue;
CREATE TRIGGER extraction_queue_count_inserted AFTER INSERT ON extraction_queue
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_count();
DROP TRIGGER IF EXISTS extraction_queue_count_updated ON extraction_queue;
CREATE TRIGGER extraction_queue_count_updated AFTER UPDATE ON extraction_queue
    REFERENCING OLD TABLE AS earlier NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_count();
DROP TRIGGER IF EXISTS extraction_queue_count_deleted ON extraction_queue;
CREATE TRIGGER extraction_queue_count_deleted AFTER DELETE ON extraction_queue
    REFERENCING OLD TABLE AS earlier FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_count();
DROP TRIGGER IF EXISTS extraction_queue_count_truncated ON extraction_queue;
CREATE TRIGGER extraction_queue_count_truncated AFTER TRUNCATE ON extraction_queue
    FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_count();
ALTER TABLE extraction_queue
    ENABLE ALWAYS TRIGGER extraction_queue_count_inserted, ENABLE ALWAYS TRIGGER extraction_queue_count_updated,
    ENABLE ALWAYS TRIGGER extraction_queue_count_deleted, ENABLE ALWAYS TRIGGER extraction_queue_count_truncated;

-- Whoever changes what a past day counts reopens it. Today is never closed, so the writes of a row in progress add nothing.
-- The day by the clock, not by the start of the transaction: a bridge closes a day only when it has been over for two.
CREATE OR REPLACE FUNCTION extraction_clicks_reopen()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    today CONSTANT date := public.registry_day(clock_timestamp());
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO public.extraction_reopened_days (day) SELECT day FROM public.extraction_closed_days;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO public.extraction_reopened_days (day)
        SELECT DISTINCT day
        FROM (SELECT public.registry_day(clicked_at) AS day FROM earlier
              UNION ALL
              SELECT public.registry_day(k.clicked_at)
              FROM earlier JOIN public.extraction_clicks k ON k.attempt_id = earlier.attempt_id) AS days
        WHERE day < today;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO public.extraction_reopened_days (day)
        SELECT DISTINCT day
        FROM (SELECT public.registry_day(k.clicked_at) AS day
              FROM changed JOIN public.extraction_clicks k ON k.attempt_id = changed.attempt_id) AS days
        WHERE day < today;
        INSERT INTO public.extraction_paid_again (job_id)
        SELECT k.job_id
        FROM (SELECT DISTINCT job_id FROM changed) AS c
        JOIN public.extraction_clicks k ON k.job_id = c.job_id
        WHERE NOT EXISTS (SELECT FROM public.extraction_paid_again p WHERE p.job_id = k.job_id)
        GROUP BY k.job_id
        HAVING count(DISTINCT (k.attempt_id, k.consultation)) FILTER (WHERE k.free_at IS NULL) > 1;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION extraction_attempts_reopen()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    today CONSTANT date := public.registry_day(clock_timestamp());
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO public.extraction_reopened_days (day) SELECT day FROM public.extraction_closed_days;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO public.extraction_reopened_days (day)
        SELECT DISTINCT day
        FROM (SELECT public.registry_day(finished_at) AS day FROM earlier
              UNION ALL
              SELECT public.registry_day(k.clicked_at)
              FROM earlier JOIN public.extraction_clicks k ON k.attempt_id = earlier.id) AS days
        WHERE day < today;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO public.extraction_reopened_days (day)
        SELECT DISTINCT day
        FROM (SELECT public.registry_day(finished_at) AS day FROM changed
              UNION ALL
              SELECT public.registry_day(k.clicked_at)
              FROM changed JOIN public.extraction_clicks k ON k.attempt_id = changed.id) AS days
        WHERE day < today;
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['extraction_clicks', 'extraction_attempts'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %1$s_reopen_inserted AFTER INSERT ON public.%1$s'
                       ' REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.%1$s_reopen();'
                       'CREATE OR REPLACE TRIGGER %1$s_reopen_updated AFTER UPDATE ON public.%1$s'
                       ' REFERENCING OLD TABLE AS earlier NEW TABLE AS changed'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION public.%1$s_reopen();'
                       'CREATE OR REPLACE TRIGGER %1$s_reopen_deleted AFTER DELETE ON public.%1$s'
                       ' REFERENCING OLD TABLE AS earlier FOR EACH STATEMENT EXECUTE FUNCTION public.%1$s_reopen();'
                       'CREATE OR REPLACE TRIGGER %1$s_reopen_truncated AFTER TRUNCATE ON public.%1$s'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION public.%1$s_reopen();'
                       'ALTER TABLE public.%1$s ENABLE ALWAYS TRIGGER %1$s_reopen_inserted,'
                       ' ENABLE ALWAYS TRIGGER %1$s_reopen_updated, ENABLE ALWAYS TRIGGER %1$s_reopen_deleted,'
                       ' ENABLE ALWAYS TRIGGER %1$s_reopen_truncated', relation);
    END LOOP;
END
$$;
