-- Logins at the registry's site, counted by how they ended: what Prometheus reads, and what a person checks against
-- the budget of an account. The statement that records the login counts it, so no restart and no kill loses one.

CREATE TABLE IF NOT EXISTS registry_logins (
    result text PRIMARY KEY CHECK (result IN ('ok', 'refused', 'failed')),
    logins bigint NOT NULL DEFAULT 0
);
ALTER TABLE registry_logins ENABLE ROW LEVEL SECURITY;

INSERT INTO registry_logins (result)
VALUES ('ok'), ('refused'), ('failed')
ON CONFLICT DO NOTHING;

COMMENT ON TABLE registry_logins IS 'How often workers logged in at the registry, by how it ended.';
COMMENT ON COLUMN registry_logins.result IS
    'ok; refused (the user code or the password); failed (the site or the browser was at fault).';
COMMENT ON COLUMN registry_logins.logins IS 'Logins that ended so, ever.';

-- As 0005 and 0006 do it for the other tables.
DO $$
DECLARE
    role text;
BEGIN
    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON public.registry_logins FROM %I', role);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON public.registry_logins TO service_role;
        DROP POLICY IF EXISTS extractor_service_role ON public.registry_logins;
        CREATE POLICY extractor_service_role ON public.registry_logins TO service_role USING (true) WITH CHECK (true);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        REVOKE ALL ON public.registry_logins FROM extractor_worker;
        GRANT SELECT, UPDATE (logins) ON public.registry_logins TO extractor_worker;
        DROP POLICY IF EXISTS extractor_worker ON public.registry_logins;
        CREATE POLICY extractor_worker ON public.registry_logins TO extractor_worker USING (true) WITH CHECK (true);
    END IF;
END
$$;
