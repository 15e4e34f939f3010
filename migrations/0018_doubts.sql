-- What will probably be refused is said before a worker asks. The bridge judges the rows that came by SQL; the rule is
-- the workers' own matcher (extractor/matching/doubts.py), so the database only keeps its sentence.

ALTER TABLE extraction_queue
    ADD COLUMN IF NOT EXISTS doubt       text,
    ADD COLUMN IF NOT EXISTS doubted_key text;
COMMENT ON COLUMN extraction_queue.doubt IS
    'Why the registry will probably refuse what doubted_key asks for, in one sentence; NULL when nothing speaks against it.';
COMMENT ON COLUMN extraction_queue.doubted_key IS
    'The request_key that doubt was judged for; after an edit it is another one, and the bridge judges the row again.';

-- The bridge looks at every pass: both stay small beside a long table of finished rows.
CREATE INDEX IF NOT EXISTS extraction_queue_unjudged ON extraction_queue (created_at DESC, id)
    WHERE status = 'En attente' AND doubted_key IS DISTINCT FROM request_key;
CREATE INDEX IF NOT EXISTS extraction_queue_doubted ON extraction_queue (created_at DESC, id)
    WHERE status = 'En attente' AND doubt IS NOT NULL;

-- The rights and the policies of extraction_queue decide what a caller sees (security_invoker).
CREATE OR REPLACE VIEW extraction_queue_doubtful WITH (security_invoker = true) AS
SELECT id, created_at, document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire,
       acte_type, doubt
FROM extraction_queue
WHERE status = 'En attente' AND doubt IS NOT NULL AND doubted_key = request_key
  AND spooled_on IS NULL;  -- what was bought was not refused
COMMENT ON VIEW extraction_queue_doubtful IS
    'The waiting rows that the registry will probably refuse, each with the reason. A warning: the registry decides.';

-- Supabase grants each new view to all of its roles.
DO $$
DECLARE
    role text;
BEGIN
    REVOKE ALL ON public.extraction_queue_doubtful FROM PUBLIC;
    FOR role IN SELECT rolname FROM pg_roles
                WHERE rolname IN ('anon', 'authenticated', 'service_role', 'extractor_worker') LOOP
        EXECUTE format('REVOKE ALL ON public.extraction_queue_doubtful FROM %I', role);
    END LOOP;
    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('service_role', 'extractor_worker') LOOP
        EXECUTE format('GRANT SELECT ON public.extraction_queue_doubtful TO %I', role);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        GRANT INSERT (doubt, doubted_key), UPDATE (doubt, doubted_key) ON public.extraction_queue TO extractor_worker;
    END IF;
END
$$;
