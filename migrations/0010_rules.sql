-- The rules that several statements follow, each defined once, here. Statements of the system call these functions.
--
-- Every body is one RETURN. Postgres binds its names when it creates the function, so no search_path of a caller
-- changes what it does. The planner puts the expression in the place of the call. `SET search_path` would prevent that.

-- What copied numbers and names carry: tab to carriage return, space, next line, no-break, Ogham, Mongolian, the widths
-- from U+2000, zero-width, line and paragraph separators, narrow no-break, mathematical, word joiner, ideographic, BOM.
-- A list, since \s and [[:space:]] hold other characters in each locale of a database.
CREATE OR REPLACE FUNCTION extraction_queue_blanks()
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN E'\t\n\x0B\f\r \u0085\u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d'
        '\u2028\u2029\u202f\u205f\u2060\u3000\ufeff';
COMMENT ON FUNCTION extraction_queue_blanks() IS 'Every character that counts as a blank, whatever the locale.';

CREATE OR REPLACE FUNCTION extraction_queue_normalized(document_number text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(document_number, public.extraction_queue_blanks(), '');
COMMENT ON FUNCTION extraction_queue_normalized(text) IS 'The number without any kind of space.';

-- Small letters of a name without the blanks around it. lower() alone knows other letters in each locale: here the 26
-- of ASCII, and those that French and its neighbours add.
CREATE OR REPLACE FUNCTION extraction_queue_folded(name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(lower(btrim(coalesce(name, ''), public.extraction_queue_blanks()) COLLATE "C"),
                 'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŸ', 'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþœÿ');
COMMENT ON FUNCTION extraction_queue_folded(text) IS
    'A name as the request key compares it: small letters, no blanks around it, whatever the locale.';

CREATE OR REPLACE FUNCTION extraction_queue_request_key(
    document_source text, document_number text, circonscription_fonciere text, cadastre text,
    designation_secondaire text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN public.extraction_queue_folded(document_source)
       || '|' || public.extraction_queue_folded(public.extraction_queue_normalized(document_number))
       || '|' || public.extraction_queue_folded(circonscription_fonciere)
       || '|' || public.extraction_queue_folded(cadastre)
       || '|' || public.extraction_queue_folded(designation_secondaire)
       || '|' || public.extraction_queue_folded(acte_type);
COMMENT ON FUNCTION extraction_queue_request_key(text, text, text, text, text, text) IS
    'Two rows are one request when their letters are the same, whatever the case and the blanks around them.';

CREATE OR REPLACE FUNCTION extraction_queue_max_attempts(max_attempts integer)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(max_attempts, 3);
COMMENT ON FUNCTION extraction_queue_max_attempts(integer) IS 'The attempts of a row: 3 where the row does not say.';

CREATE OR REPLACE FUNCTION registry_time_zone()
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'America/Toronto';
COMMENT ON FUNCTION registry_time_zone() IS 'Where the registry counts its consultations.';

CREATE OR REPLACE FUNCTION registry_today(moment timestamptz DEFAULT now())
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('day', moment, public.registry_time_zone());
COMMENT ON FUNCTION registry_today(timestamptz) IS 'The moment at which the registry''s day began.';

-- Not 24 hours later: two days of a year have 23 and 25.
CREATE OR REPLACE FUNCTION registry_tomorrow(moment timestamptz DEFAULT now())
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
RETURN (date_trunc('day', moment AT TIME ZONE public.registry_time_zone()) + interval '1 day')
       AT TIME ZONE public.registry_time_zone();
COMMENT ON FUNCTION registry_tomorrow(timestamptz) IS 'The moment at which the registry''s next day begins.';

CREATE OR REPLACE FUNCTION registry_this_month(moment timestamptz DEFAULT now())
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('month', moment, public.registry_time_zone());
COMMENT ON FUNCTION registry_this_month(timestamptz) IS 'The moment at which the registry''s month began.';

CREATE OR REPLACE FUNCTION worker_accounts_max_failures()
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 3;
COMMENT ON FUNCTION worker_accounts_max_failures() IS
    'At this many refused logins in a row an account is no longer leased.';

-- Whatever the version of a seal: a later program's seal is no password either.
CREATE OR REPLACE FUNCTION worker_accounts_is_sealed(password text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN starts_with(password, 'sealed:');
COMMENT ON FUNCTION worker_accounts_is_sealed(text) IS 'Whether this is a seal and not a password.';

CREATE OR REPLACE FUNCTION worker_accounts_lacks_key(password text, openable text[])
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN public.worker_accounts_is_sealed(password) AND NOT coalesce(password ^@ ANY (openable), false);
COMMENT ON FUNCTION worker_accounts_lacks_key(text, text[]) IS
    'Whether the password is sealed and no key of the caller opens it; openable: how the seals begin that one opens.';

-- In this order: `sealed` depends on who asks, so an account has it only when nothing else keeps it from the caller.
CREATE OR REPLACE FUNCTION worker_accounts_condition(account worker_accounts, openable text[])
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN NOT coalesce((account).is_active, false) THEN 'disabled'
    WHEN coalesce((account).failure_count, 0) >= public.worker_accounts_max_failures() THEN 'failing'
    WHEN (account).resting_until > now() THEN 'resting'
    WHEN (account).lease_id IS NOT NULL AND (account).lease_expires_at > now() THEN 'leased'
    WHEN public.worker_accounts_lacks_key((account).password, openable) THEN 'sealed'
    ELSE 'usable'
END;
COMMENT ON FUNCTION worker_accounts_condition(worker_accounts, text[]) IS
    'The one condition of an account for a caller with these keys: disabled, failing, resting, leased, sealed or usable.';

-- Six beats: one may be lost, and a restart of the database costs two or three.
CREATE OR REPLACE FUNCTION process_state(said text, last_heartbeat timestamptz, beat_seconds double precision)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN said = 'offline' OR last_heartbeat > now() - make_interval(secs => 6 * beat_seconds) THEN said
    ELSE 'silent'
END;
COMMENT ON FUNCTION process_state(text, timestamptz, double precision) IS
    'The state of a worker process or a bridge: what it said last, or silent once it missed six beats without saying offline.';

COMMENT ON COLUMN bridge_status.last_heartbeat IS 'Renewed at every sweep.';  -- not at every proof, as 0004 says

-- As in 0003, by the functions above.
CREATE OR REPLACE FUNCTION extraction_queue_before_write()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    problem text;
BEGIN
    NEW.updated_at := now();
    NEW.document_number_normalized := public.extraction_queue_normalized(NEW.document_number);
    NEW.request_key := public.extraction_queue_request_key(
        NEW.document_source, NEW.document_number, NEW.circonscription_fonciere, NEW.cadastre,
        NEW.designation_secondaire, NEW.acte_type);

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

-- The trigger writes the new key of the few rows whose key was another; the bridge is rung once.
UPDATE extraction_queue SET request_key = request_key
WHERE request_key IS DISTINCT FROM extraction_queue_request_key(
    document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type);

-- The trigger calls blanks, normalized, folded and request_key for whoever inserts, so these stay open. None of
-- these functions reads a table. The others are for the system: the owner, extractor_worker and service_role.
DO $$
DECLARE
    for_the_system CONSTANT text :=
        'public.extraction_queue_max_attempts(integer), public.registry_time_zone(),'
        ' public.registry_today(timestamptz), public.registry_tomorrow(timestamptz),'
        ' public.registry_this_month(timestamptz), public.worker_accounts_max_failures(),'
        ' public.worker_accounts_is_sealed(text), public.worker_accounts_lacks_key(text, text[]),'
        ' public.worker_accounts_condition(public.worker_accounts, text[]),'
        ' public.process_state(text, timestamptz, double precision)';
    name text;
BEGIN
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', for_the_system);
    FOR name IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', for_the_system, name);
    END LOOP;
    FOR name IN SELECT rolname FROM pg_roles WHERE rolname IN ('extractor_worker', 'service_role') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', for_the_system, name);
    END LOOP;
END
$$;
