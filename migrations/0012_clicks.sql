-- Every click that may be charged, one row each, from before it is made. Nothing is ever deleted here, and what a click
-- may have cost is taken back only by the page that answers this very click (extractor/registry/answers.py).

-- No foreign keys: what was paid must stay known after a row or an account was deleted.
CREATE TABLE IF NOT EXISTS extraction_clicks (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id        bigint NOT NULL,
    job_id            uuid NOT NULL,
    document_source   text NOT NULL,
    account_id        uuid,
    consultation      integer NOT NULL CHECK (consultation > 0),
    kind              text NOT NULL CHECK (kind IN ('form', 'similar', 'plan', 'continue', 'confirmation')),
    clicked_at        timestamptz NOT NULL DEFAULT now(),
    free_at           timestamptz,
    why_free          text,
    address           text,
    document_saved_at timestamptz,
    CHECK ((free_at IS NULL) = (why_free IS NULL)),
    CHECK (free_at IS NULL OR document_saved_at IS NULL)
);
ALTER TABLE extraction_clicks ENABLE ROW LEVEL SECURITY;

CREATE INDEX IF NOT EXISTS extraction_clicks_of_attempt ON extraction_clicks (attempt_id, id);
CREATE INDEX IF NOT EXISTS extraction_clicks_of_job ON extraction_clicks (job_id, id);
CREATE INDEX IF NOT EXISTS extraction_clicks_charged ON extraction_clicks (clicked_at) WHERE free_at IS NULL;
-- Both for the stop when money brings nothing: the last document of a source, and what brought none since.
CREATE INDEX IF NOT EXISTS extraction_clicks_with_document ON extraction_clicks (document_source, document_saved_at)
    WHERE document_saved_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_clicks_in_vain ON extraction_clicks (document_source, clicked_at)
    WHERE free_at IS NULL AND document_saved_at IS NULL;

COMMENT ON TABLE extraction_clicks IS
    'One click that may be charged, recorded before it is made; never deleted, since it may have cost money.';
COMMENT ON COLUMN extraction_clicks.id IS 'Only grows: the order of the clicks.';
COMMENT ON COLUMN extraction_clicks.attempt_id IS 'The attempt that made it.';
COMMENT ON COLUMN extraction_clicks.job_id IS 'The row of extraction_queue, which may be gone.';
COMMENT ON COLUMN extraction_clicks.document_source IS 'Copied from the row.';
COMMENT ON COLUMN extraction_clicks.account_id IS 'The account that is charged, if one is.';
COMMENT ON COLUMN extraction_clicks.consultation IS
    'The consultation within the attempt, from 1: each submit of the form begins one, later clicks go on with it.'
    ' It counts, once, when one of its clicks is not free.';
COMMENT ON COLUMN extraction_clicks.kind IS
    'What was pressed: form, similar (in a list of numbers), plan (in a list of plans), continue (past a message),'
    ' confirmation.';
COMMENT ON COLUMN extraction_clicks.clicked_at IS 'Committed just before the click.';
COMMENT ON COLUMN extraction_clicks.free_at IS
    'When the page that answered it proved that this click cost nothing; NULL = perhaps charged.';
COMMENT ON COLUMN extraction_clicks.why_free IS 'What that page showed.';
COMMENT ON COLUMN extraction_clicks.address IS
    'Where it led to at the registry: a document that is paid may still be there, for the session of this account.';
COMMENT ON COLUMN extraction_clicks.document_saved_at IS
    'When the document of its consultation lay on a worker''s disk; NULL = none came.';

ALTER TABLE source_control
    ADD COLUMN IF NOT EXISTS money_stopped      boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS money_counted_from timestamptz;
COMMENT ON COLUMN source_control.money_stopped IS
    'true: the system paused it, since consultations brought no documents; a row before its click makes it no more.';
COMMENT ON COLUMN source_control.money_counted_from IS
    'When a person last resumed the source: what ended before no longer counts toward PAID_WITHOUT_DOCUMENT_LIMIT.';
COMMENT ON COLUMN extraction_attempts.consultation_at IS
    'The first of its clicks in extraction_clicks that is not known to be free; NULL = nothing of it was charged.';

-- What attempts before this table may have cost: each is known to have made one click, and no more.
INSERT INTO extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at,
                               document_saved_at)
SELECT t.id, t.job_id, t.document_source, t.account_id, 1, 'form', t.consultation_at, t.document_saved_at
FROM extraction_attempts t
WHERE t.consultation_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM extraction_clicks k WHERE k.attempt_id = t.id)
ORDER BY t.id;

-- A worker of an earlier version, which goes on until it is restarted, knows only consultation_at: it counts too. The
-- statements of this version write the click first, so that nothing is left to do here.
CREATE OR REPLACE FUNCTION extraction_attempts_after_consultation()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF NEW.consultation_at IS NULL THEN
        UPDATE public.extraction_clicks SET free_at = now(), why_free = 'the worker took its mark back'
        WHERE attempt_id = NEW.id AND free_at IS NULL AND document_saved_at IS NULL;
    ELSIF NOT EXISTS (SELECT FROM public.extraction_clicks WHERE attempt_id = NEW.id AND free_at IS NULL) THEN
        INSERT INTO public.extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind,
                                              clicked_at, document_saved_at)
        SELECT NEW.id, NEW.job_id, NEW.document_source, NEW.account_id, coalesce(max(consultation), 0) + 1, 'form',
               NEW.consultation_at, NEW.document_saved_at
        FROM public.extraction_clicks WHERE attempt_id = NEW.id;
    ELSIF NEW.document_saved_at IS NOT NULL THEN
        UPDATE public.extraction_clicks SET document_saved_at = NEW.document_saved_at
        WHERE attempt_id = NEW.id AND free_at IS NULL AND document_saved_at IS NULL
          AND consultation = (SELECT consultation FROM public.extraction_clicks
                              WHERE attempt_id = NEW.id AND free_at IS NULL ORDER BY id DESC LIMIT 1);
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS extraction_attempts_inserted ON extraction_attempts;
CREATE TRIGGER extraction_attempts_inserted AFTER INSERT ON extraction_attempts
    FOR EACH ROW WHEN (NEW.consultation_at IS NOT NULL)
    EXECUTE FUNCTION extraction_attempts_after_consultation();
DROP TRIGGER IF EXISTS extraction_attempts_consulted ON extraction_attempts;
CREATE TRIGGER extraction_attempts_consulted AFTER UPDATE OF consultation_at, document_saved_at ON extraction_attempts
    FOR EACH ROW WHEN (NEW.consultation_at IS DISTINCT FROM OLD.consultation_at
                       OR NEW.document_saved_at IS DISTINCT FROM OLD.document_saved_at)
    EXECUTE FUNCTION extraction_attempts_after_consultation();

-- As in 0010, a rule of several statements is defined once. A consultation is counted on the day of each of its
-- clicks that is not free: one that goes on past midnight counts on both.
CREATE OR REPLACE FUNCTION registry_consultations_today()
RETURNS bigint LANGUAGE sql STABLE
RETURN (SELECT count(DISTINCT (k.attempt_id, k.consultation)) FROM public.extraction_clicks k
        WHERE k.free_at IS NULL AND k.clicked_at >= public.registry_today());
COMMENT ON FUNCTION registry_consultations_today() IS 'Consultations of the registry''s day, each perhaps charged.';

CREATE OR REPLACE FUNCTION extraction_queue_consultations(job_id uuid)
RETURNS bigint LANGUAGE sql STABLE
RETURN (SELECT count(DISTINCT (k.attempt_id, k.consultation)) FROM public.extraction_clicks k
        WHERE k.free_at IS NULL AND k.job_id = extraction_queue_consultations.job_id);
COMMENT ON FUNCTION extraction_queue_consultations(uuid) IS 'Consultations of a row, each perhaps charged.';

-- As 0011 does for its table.
DO $$
DECLARE
    functions CONSTANT text := 'public.extraction_attempts_after_consultation(), public.registry_consultations_today(),'
                               ' public.extraction_queue_consultations(uuid)';
    role text;
BEGIN
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', functions);
    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON public.extraction_clicks FROM %I', role);
        EXECUTE format('REVOKE ALL ON SEQUENCE public.extraction_clicks_id_seq FROM %I', role);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', functions, role);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON public.extraction_clicks TO service_role;
        GRANT EXECUTE ON FUNCTION public.registry_consultations_today(), public.extraction_queue_consultations(uuid)
            TO service_role;
        DROP POLICY IF EXISTS extractor_service_role ON public.extraction_clicks;
        CREATE POLICY extractor_service_role ON public.extraction_clicks TO service_role USING (true) WITH CHECK (true);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        REVOKE ALL ON public.extraction_clicks FROM extractor_worker;
        GRANT SELECT,
              INSERT (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at,
                      document_saved_at),
              UPDATE (free_at, why_free, address, document_saved_at)
            ON public.extraction_clicks TO extractor_worker;
        GRANT UPDATE (money_stopped, money_counted_from) ON public.source_control TO extractor_worker;
        GRANT EXECUTE ON FUNCTION public.registry_consultations_today(), public.extraction_queue_consultations(uuid)
            TO extractor_worker;
        DROP POLICY IF EXISTS extractor_worker ON public.extraction_clicks;
        CREATE POLICY extractor_worker ON public.extraction_clicks TO extractor_worker USING (true) WITH CHECK (true);
    END IF;
END
$$;
