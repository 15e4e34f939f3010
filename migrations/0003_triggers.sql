-- What the database does by itself: sentences for bad rows, the normalised number, a person's retry, the doorbell.

-- Returns the sentence that tells what a row lacks, or NULL when it can be asked.
CREATE OR REPLACE FUNCTION extraction_queue_problem(document_source text, document_number text,
                                                    cadastre text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE
        WHEN coalesce(document_source, '') NOT IN ('acte', 'index', 'plan_cadastraux') THEN
            format('document_source is %s: it must be acte, index or plan_cadastraux',
                   coalesce(quote_literal(document_source), 'missing'))
        WHEN coalesce(btrim(document_number), '') = '' THEN
            'document_number is missing: give the lot or the inscription number'
        WHEN document_source = 'acte' AND coalesce(btrim(acte_type), '') = '' THEN
            'acte_type is missing: an acte needs one of Acte, Avis d''adresse, Radiation, Acte divers'
        WHEN document_source <> 'acte' AND coalesce(btrim(cadastre), '') = '' THEN
            format('cadastre is missing: %s needs one, for example Cadastre du Québec', document_source)
    END
$$;

CREATE OR REPLACE FUNCTION extraction_queue_before_write()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    problem text;
BEGIN
    NEW.updated_at := now();
    -- Every kind of space that a copied number may carry: no-break, thin, zero-width, ideographic, …
    NEW.document_number_normalized := regexp_replace(
        NEW.document_number, E'[\\s\\u00a0\\u1680\\u180e\\u2000-\\u200d\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff]', '', 'g');
    -- Two rows are one request when their letters are the same, whatever the case and the blanks around them.
    NEW.request_key := lower(concat_ws('|', NEW.document_source, NEW.document_number_normalized,
        coalesce(btrim(NEW.circonscription_fonciere), ''), coalesce(btrim(NEW.cadastre), ''),
        coalesce(btrim(NEW.designation_secondaire), ''), coalesce(btrim(NEW.acte_type), '')));

    IF NEW.status IN ('En attente', 'En traitement') THEN
        problem := public.extraction_queue_problem(
            NEW.document_source, NEW.document_number_normalized, NEW.cadastre, NEW.acte_type);
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = problem;
        END IF;
    END IF;

    -- A person (SQL, API or command) sends a finished row again: the trigger clears what belongs to the past run.
    IF TG_OP = 'UPDATE' AND OLD.status IN ('Erreur', 'Complété') AND NEW.status = 'En attente' THEN
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
        NEW.fetched_as := NULL;
        NEW.kills := 0;
        NEW.cancel_requested_at := NULL;
        IF OLD.status = 'Complété' THEN  -- the bought document of an Erreur may still lie there
            NEW.spooled_on := NULL;
            NEW.spooled_until := NULL;
        END IF;
    END IF;

    -- A cancelled row does not go back to waiting, whichever way it leaves its worker; a bought document is stored.
    IF TG_OP = 'UPDATE' AND NEW.status = 'En attente' AND NEW.cancel_requested_at IS NOT NULL
       AND coalesce(NEW.spooled_until <= now(), true) THEN
        NEW.status := 'Erreur';
        NEW.completed_at := now();
        NEW.error_code := 'cancelled';
        NEW.error_message := 'Cancelled: nothing more is asked of the registry for this row.';
    END IF;
    RETURN NEW;
END
$$;

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

-- `DELETE FROM worker_accounts` works as documented, also for an account that a worker has used.
CREATE OR REPLACE FUNCTION worker_accounts_before_delete()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    UPDATE public.worker_status SET account_id = NULL WHERE account_id = OLD.id;
    RETURN OLD;
END
$$;

-- A new password or a reset by hand ends the rest that refusals of the old one began.
CREATE OR REPLACE FUNCTION worker_accounts_before_update()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF NEW.password IS DISTINCT FROM OLD.password
       OR (NEW.failure_count = 0 AND OLD.failure_count > 0) THEN
        NEW.resting_until := NULL;
        NEW.last_error := NULL;
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS extraction_queue_before_write ON extraction_queue;
CREATE TRIGGER extraction_queue_before_write BEFORE INSERT OR UPDATE ON extraction_queue
    FOR EACH ROW EXECUTE FUNCTION extraction_queue_before_write();

DROP TRIGGER IF EXISTS extraction_queue_ring ON extraction_queue;
CREATE TRIGGER extraction_queue_ring AFTER INSERT ON extraction_queue
    FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_ring();

DROP TRIGGER IF EXISTS extraction_queue_ring_again ON extraction_queue;
CREATE TRIGGER extraction_queue_ring_again AFTER UPDATE ON extraction_queue REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION extraction_queue_ring();

DROP TRIGGER IF EXISTS worker_accounts_before_delete ON worker_accounts;
CREATE TRIGGER worker_accounts_before_delete BEFORE DELETE ON worker_accounts
    FOR EACH ROW EXECUTE FUNCTION worker_accounts_before_delete();

DROP TRIGGER IF EXISTS worker_accounts_before_update ON worker_accounts;
CREATE TRIGGER worker_accounts_before_update BEFORE UPDATE ON worker_accounts
    FOR EACH ROW EXECUTE FUNCTION worker_accounts_before_update();

-- Adopted rows get their normalised number; nothing else about them changes.
UPDATE extraction_queue SET document_number = document_number
WHERE document_number_normalized IS NULL AND status IN ('En attente', 'En traitement', 'Complété', 'Erreur');
