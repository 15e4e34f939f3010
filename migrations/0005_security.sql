-- Row level security: the system's tables are open to their owner, to service_role (Supabase) and to extractor_worker
-- (0006).
-- The owner is exempt (no FORCE), so plain SQL goes on as before. This step drops nothing that a user made: a
-- table with a user's own policies keeps its grants too, except worker_accounts, which holds passwords.

DO $$
DECLARE
    ours CONSTANT text[] := ARRAY['extraction_queue', 'worker_accounts', 'worker_status',
                                  'extraction_attempts', 'source_control', 'bridge_status'];
    of_yoyo CONSTANT text[] := ARRAY['_yoyo_log', '_yoyo_migration', '_yoyo_version', 'yoyo_lock'];
    policies_of_ours CONSTANT name[] := ARRAY['extractor_service_role', 'extractor_worker'];
    public_roles CONSTANT text := (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles
                                   WHERE rolname IN ('anon', 'authenticated'));  -- NULL on a plain Postgres
    has_service_role CONSTANT boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role');
    name text;
    was_open boolean;
    has_own_policies boolean;
BEGIN
    FOREACH name IN ARRAY ours || of_yoyo LOOP
        CONTINUE WHEN to_regclass(format('public.%I', name)) IS NULL;
        was_open := NOT (SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(format('public.%I', name)));
        has_own_policies := EXISTS (SELECT FROM pg_policies
                                    WHERE schemaname = 'public' AND tablename = name
                                      AND policyname <> ALL (policies_of_ours));
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);

        IF has_service_role AND name = ANY (ours) THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO service_role', name);
            EXECUTE format('DROP POLICY IF EXISTS extractor_service_role ON public.%I', name);
            EXECUTE format('CREATE POLICY extractor_service_role ON public.%I TO service_role'
                           ' USING (true) WITH CHECK (true)', name);
        END IF;

        CONTINUE WHEN public_roles IS NULL;
        IF has_own_policies AND name <> 'worker_accounts' THEN
            -- No policy restricts these.
            EXECUTE format('REVOKE TRUNCATE, REFERENCES, TRIGGER ON public.%I FROM %s', name, public_roles);
            RAISE NOTICE '%: your own policies and grants for % are kept; row level security is on.',
                name, public_roles;
        ELSE
            EXECUTE format('REVOKE ALL ON public.%I FROM %s', name, public_roles);
            IF name = 'extraction_queue' AND was_open THEN
                RAISE NOTICE 'extraction_queue: row level security is on and % have no rights any more. A front end'
                    ' that reads or writes it with the anon key needs policies of its own: see SECURITY.md.',
                    public_roles;
            END IF;
        END IF;
    END LOOP;
    IF public_roles IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON SEQUENCE public.extraction_attempts_id_seq FROM %s', public_roles);
    END IF;
END
$$;

-- No role calls a trigger's function directly, and a trigger needs no such right when it fires.
REVOKE ALL ON FUNCTION extraction_queue_before_write(), extraction_queue_ring(),
    worker_accounts_before_delete(), worker_accounts_before_update() FROM PUBLIC;

-- extraction_queue_problem stays open: the trigger calls it for whoever inserts, and it reads no table.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION public.extraction_queue_before_write(), public.extraction_queue_ring(),'
                       ' public.worker_accounts_before_delete(), public.worker_accounts_before_update() FROM %I', name);
    END LOOP;
END
$$;
