-- A row never keeps the document of another request. What was asked is kept on the attempt, and every statement that
-- clicks, links or completes compares it with what the row asks now.

ALTER TABLE extraction_attempts
    ADD COLUMN IF NOT EXISTS request_key   text,
    ADD COLUMN IF NOT EXISTS supabase_path text,
    ADD COLUMN IF NOT EXISTS alive_until   timestamptz;
COMMENT ON COLUMN extraction_attempts.request_key IS
    'What the row asked for when it was claimed, as in extraction_queue.request_key; NULL before there was this column.';
COMMENT ON COLUMN extraction_attempts.supabase_path IS
    'Where its document is stored, as bucket/name, also when the row asks for another one since.';
COMMENT ON COLUMN extraction_attempts.alive_until IS
    'Renewed by its process, apart from the lease of the row: a person''s open transaction may lock that row.';

ALTER TABLE source_control ADD COLUMN IF NOT EXISTS broken_by uuid;
COMMENT ON COLUMN source_control.broken_by IS
    'The row that the site failed last: while the breaker is open, another row probes, if there is one.';

-- Whether the site served another row of a source since it failed one.
CREATE INDEX IF NOT EXISTS extraction_attempts_completed ON extraction_attempts (document_source, finished_at)
    WHERE outcome = 'completed';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        GRANT INSERT (request_key, alive_until), UPDATE (supabase_path, alive_until)
            ON extraction_attempts TO extractor_worker;
        GRANT UPDATE (broken_by), INSERT (document_source) ON source_control TO extractor_worker;
        GRANT DELETE ON worker_status TO extractor_worker;
    END IF;
END
$$;

-- As in 0007, with the blanks that count everywhere else.
CREATE OR REPLACE FUNCTION extraction_queue_problem(document_source text, document_number text,
                                                    cadastre text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE
        WHEN coalesce(document_source, '') NOT IN ('acte', 'index', 'plan_cadastraux') THEN
            format('document_source is %s: it must be acte, index or plan_cadastraux',
                   coalesce(quote_literal(left(document_source, 60)), 'missing'))
        WHEN public.extraction_queue_folded(document_number) = '' THEN
            'document_number is missing: give the lot or the inscription number'
        WHEN document_source = 'acte' AND public.extraction_queue_folded(acte_type) = '' THEN
            'acte_type is missing: an acte needs one of Acte, Avis d''adresse, Radiation, Acte divers'
        WHEN document_source <> 'acte' AND public.extraction_queue_folded(cadastre) = '' THEN
            format('cadastre is missing: %s needs one, for example Cadastre du Québec', document_source)
        ELSE public.extraction_queue_excess(document_number, NULL, cadastre, NULL, acte_type)
    END
$$;

-- The one question whether a row can be asked: the trigger, the constraint, an import and a retry all ask it here.
CREATE OR REPLACE FUNCTION extraction_queue_refusal(document_source text, document_number text,
                                                    circonscription_fonciere text, cadastre text,
                                                    designation_secondaire text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(
    public.extraction_queue_problem(document_source, document_number, cadastre, acte_type),
    public.extraction_queue_excess(document_number, circonscription_fonciere, cadastre, designation_secondaire,
                                   acte_type));
COMMENT ON FUNCTION extraction_queue_refusal(text, text, text, text, text, text) IS
    'Why a row cannot be asked, as a sentence; NULL when it can.';

-- Until then only the workers on that disk may take the row, for its upload; afterwards any worker may, and buys.
CREATE OR REPLACE FUNCTION extraction_queue_is_spooled(spooled_on uuid, spooled_until timestamptz)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN spooled_on IS NOT NULL AND coalesce(spooled_until > now(), false);
COMMENT ON FUNCTION extraction_queue_is_spooled(uuid, timestamptz) IS
    'Whether the row waits for the disk that has its bought document.';

CREATE OR REPLACE FUNCTION source_control_is_broken(broken_until timestamptz)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(broken_until > now(), false);
COMMENT ON FUNCTION source_control_is_broken(timestamptz) IS
    'Whether the breaker of a source is open: no row of it is sent. It is probed when this is false and broken_until is not NULL.';

-- As in 0013, and now one function for all that happens before a row is written: also what an edit means.
CREATE OR REPLACE FUNCTION extraction_queue_before_write()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    refusal text;
    is_edited boolean := false;
BEGIN
    NEW.updated_at := now();
    NEW.document_number_normalized := public.extraction_queue_normalized(NEW.document_number);
    NEW.request_key := public.extraction_queue_request_key(
        NEW.document_source, NEW.document_number, NEW.circonscription_fonciere, NEW.cadastre,
        NEW.designation_secondaire, NEW.acte_type);

    IF TG_OP = 'UPDATE' THEN
        -- By the function of today: a migration may give every row another key, and edits none.
        is_edited := NEW.request_key IS DISTINCT FROM public.extraction_queue_request_key(
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
            RAISE NOTICE 'extraction_queue: row % stays En traitement, since worker % is at work on it. %', NEW.id,
                NEW.worker_id, CASE WHEN NEW.cancel_requested_at IS NULL THEN 'Nothing is lost: wait for its end.'
                                    ELSE 'It is asked to stop, which it does unless the document is paid.' END;
        END IF;
    END IF;

    refusal := CASE WHEN NEW.status IN ('En attente', 'En traitement') THEN public.extraction_queue_refusal(
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
        NEW.error_message := refusal || '; correct the row and set status to En attente.';
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
            NEW.error_message := format(
                'The row asks for another document since it was completed. The earlier one stays at %s. To fetch the'
                ' other one, which may be charged, set status to En attente.', coalesce(OLD.supabase_path, 'no path'));
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
        NEW.error_message := 'Cancelled: nothing more is asked of the registry for this row.';
    END IF;
    RETURN NEW;
END
$$;

-- Both are part of the function above now.
DROP TRIGGER IF EXISTS extraction_queue_bounds ON extraction_queue;
DROP FUNCTION IF EXISTS extraction_queue_bounds();
DROP TRIGGER IF EXISTS extraction_queue_forget_judgement ON extraction_queue;
DROP FUNCTION IF EXISTS extraction_queue_forget_judgement();

-- A running row may be edited into one that cannot be asked; when it waits again, it ends at Erreur with the reason.
ALTER TABLE extraction_queue
    DROP CONSTRAINT IF EXISTS extraction_queue_source_is_known,
    DROP CONSTRAINT IF EXISTS extraction_queue_number_is_required,
    DROP CONSTRAINT IF EXISTS extraction_queue_acte_type_is_required_for_acte,
    DROP CONSTRAINT IF EXISTS extraction_queue_cadastre_is_required_for_index_and_plan,
    DROP CONSTRAINT IF EXISTS extraction_queue_text_is_bounded,
    DROP CONSTRAINT IF EXISTS extraction_queue_can_be_asked;
ALTER TABLE extraction_queue ADD CONSTRAINT extraction_queue_can_be_asked
    CHECK (status <> 'En attente'
           OR public.extraction_queue_refusal(document_source, document_number, circonscription_fonciere, cadastre,
                                              designation_secondaire, acte_type) IS NULL) NOT VALID;

-- As in 0012, and now for what the row asks: after an edit it is another request, with a limit of its own.
CREATE OR REPLACE FUNCTION extraction_queue_consultations(job_id uuid)
RETURNS bigint LANGUAGE sql STABLE
RETURN (SELECT count(DISTINCT (k.attempt_id, k.consultation))
        FROM public.extraction_clicks k
        LEFT JOIN public.extraction_attempts t ON t.id = k.attempt_id
        LEFT JOIN public.extraction_queue q ON q.id = k.job_id
        WHERE k.free_at IS NULL AND k.job_id = extraction_queue_consultations.job_id
          AND coalesce(t.request_key, q.request_key) IS NOT DISTINCT FROM q.request_key);
COMMENT ON FUNCTION extraction_queue_consultations(uuid) IS
    'Consultations of what a row asks for now, each perhaps charged.';

-- The trigger calls `refusal` and `is_spooled` for whoever writes a row, and they read no table; the others are for the
-- system.
DO $$
DECLARE
    functions CONSTANT text := 'public.source_control_is_broken(timestamptz)';
    role text;
BEGIN
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', functions);
    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', functions, role);
    END LOOP;
    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('extractor_worker', 'service_role') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', functions, role);
    END LOOP;
END
$$;
