-- One user code is one session at the registry, however many rows of worker_accounts bear it, and whatever a person
-- does to those rows meanwhile: the lease is on the user code, in a table of its own.

LOCK TABLE worker_accounts IN SHARE ROW EXCLUSIVE MODE;  -- no lease is taken between the copy below and the trigger

CREATE OR REPLACE FUNCTION worker_accounts_user_code(username text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN upper(btrim(coalesce(username, ''), public.extraction_queue_blanks()) COLLATE "C");
COMMENT ON FUNCTION worker_accounts_user_code(text) IS
    'The user code that a username means: without the blanks around it, whatever the case.';

CREATE TABLE IF NOT EXISTS registry_sessions (
    user_code        text PRIMARY KEY,
    account_id       uuid NOT NULL,
    lease_id         uuid NOT NULL UNIQUE,
    leased_by        text NOT NULL,
    lease_expires_at timestamptz NOT NULL
);
ALTER TABLE registry_sessions ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE registry_sessions IS 'Who is logged in with a user code, or may be: one worker process at a time.';
COMMENT ON COLUMN registry_sessions.user_code IS 'As worker_accounts_user_code reads it from a username.';
COMMENT ON COLUMN registry_sessions.account_id IS
    'The row of worker_accounts that was leased; it may be deleted since.';
COMMENT ON COLUMN registry_sessions.lease_id IS 'The fence of the lease.';
COMMENT ON COLUMN registry_sessions.leased_by IS 'The worker process that holds the user code.';
COMMENT ON COLUMN registry_sessions.lease_expires_at IS 'Past this moment the user code is free, whoever held it.';

-- The leases as they are.
INSERT INTO registry_sessions (user_code, account_id, lease_id, leased_by, lease_expires_at)
SELECT DISTINCT ON (1) worker_accounts_user_code(username), id, lease_id, coalesce(leased_by, '?'), lease_expires_at
FROM worker_accounts
WHERE lease_id IS NOT NULL AND lease_expires_at > now()
ORDER BY 1, lease_expires_at DESC
ON CONFLICT DO NOTHING;

-- Unlike the functions of 0010, those that read a table are called and not inlined: accounts are a handful.
-- In this order: `sealed` depends on who asks, so an account has it only when nothing else keeps it from the caller.
CREATE OR REPLACE FUNCTION worker_accounts_condition(account worker_accounts, openable text[])
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN NOT coalesce((account).is_active, false) THEN 'disabled'
    WHEN coalesce((account).failure_count, 0) >= public.worker_accounts_max_failures() THEN 'failing'
    WHEN (account).resting_until > now() THEN 'resting'
    WHEN EXISTS (SELECT FROM public.registry_sessions s
                 WHERE s.user_code = public.worker_accounts_user_code((account).username)
                   AND s.lease_expires_at > now()) THEN 'leased'
    WHEN public.worker_accounts_lacks_key((account).password, openable) THEN 'sealed'
    ELSE 'usable'
END;

CREATE OR REPLACE FUNCTION worker_accounts_holder(username text)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT s.leased_by FROM public.registry_sessions s
        WHERE s.user_code = public.worker_accounts_user_code(worker_accounts_holder.username)
          AND s.lease_expires_at > now());
COMMENT ON FUNCTION worker_accounts_holder(text) IS
    'The worker process that holds the user code of a username now; NULL when none does.';

CREATE OR REPLACE FUNCTION registry_sessions_is_wanted(session registry_sessions)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM public.worker_accounts a
               WHERE a.id = (session).account_id AND a.is_active
                 AND public.worker_accounts_user_code(a.username) = (session).user_code);
COMMENT ON FUNCTION registry_sessions_is_wanted(registry_sessions) IS
    'Whether the session may begin another consultation: its account was not disabled, deleted or given another code.';

-- As in 0008; a password or a user code that a person changes is also free of the refusals that were counted before.
-- A worker of an earlier version, which goes on until it is restarted, writes its lease on the account: it counts too.
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
    IF (NEW.lease_id, NEW.lease_expires_at) IS DISTINCT FROM (OLD.lease_id, OLD.lease_expires_at) THEN
        DELETE FROM public.registry_sessions WHERE lease_id = OLD.lease_id;
        IF NEW.lease_id IS NOT NULL AND NEW.lease_expires_at IS NOT NULL THEN
            INSERT INTO public.registry_sessions (user_code, account_id, lease_id, leased_by, lease_expires_at)
            VALUES (public.worker_accounts_user_code(NEW.username), NEW.id, NEW.lease_id,
                    coalesce(NEW.leased_by, '?'), NEW.lease_expires_at)
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON COLUMN worker_accounts.leased_by IS 'Written by earlier versions only: see registry_sessions.';
COMMENT ON COLUMN worker_accounts.lease_id IS 'Written by earlier versions only: see registry_sessions.';
COMMENT ON COLUMN worker_accounts.lease_expires_at IS 'Written by earlier versions only: see registry_sessions.';

-- As 0012 does for its table and its functions.
DO $$
DECLARE
    functions CONSTANT text := 'public.worker_accounts_user_code(text), public.worker_accounts_holder(text),'
                               ' public.registry_sessions_is_wanted(public.registry_sessions)';
    role text;
BEGIN
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', functions);
    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON public.registry_sessions FROM %I', role);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', functions, role);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON public.registry_sessions TO service_role;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO service_role', functions);
        DROP POLICY IF EXISTS extractor_service_role ON public.registry_sessions;
        CREATE POLICY extractor_service_role ON public.registry_sessions TO service_role
            USING (true) WITH CHECK (true);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        REVOKE ALL ON public.registry_sessions FROM extractor_worker;
        GRANT SELECT, INSERT, UPDATE, DELETE ON public.registry_sessions TO extractor_worker;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO extractor_worker', functions);
        DROP POLICY IF EXISTS extractor_worker ON public.registry_sessions;
        CREATE POLICY extractor_worker ON public.registry_sessions TO extractor_worker USING (true) WITH CHECK (true);
    END IF;
END
$$;
