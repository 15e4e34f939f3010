-- Who may do what. The owner may do everything (no FORCE), so plain SQL goes on as before. service_role (Supabase) and
-- extractor_worker have what is granted here; anon, authenticated and PUBLIC nothing, except on a table with policies
-- of the users' own, whose grants are kept. worker_accounts is never such a table: it holds passwords.
--
-- extractor_worker: what bridge, workers, api and Flower may do, and no more. It cannot log in; a member of it does:
--     CREATE ROLE extractor LOGIN PASSWORD '…' IN ROLE extractor_worker;
-- No DDL, no INSERT of accounts, no DELETE of rows, and no change of what a row asks for but by extraction_queue_edit.
--
-- This file may be run again by hand, by the tables' owner, when a role was created later.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        CREATE ROLE extractor_worker NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this server was migrated at the same moment
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'extractor_worker: % may not create roles, so the processes go on as the tables'' owner.'
            ' Create it as an administrator, then run 0005_rights.sql again: see SECURITY.md.', current_user;
END
$$;

DO $$
DECLARE
    tables CONSTANT text[] := ARRAY['extraction_queue', 'worker_accounts', 'worker_status', 'extraction_attempts',
                                    'extraction_clicks', 'registry_sessions', 'registry_logins', 'source_control',
                                    'bridge_status', 'extraction_events', 'webhook_deliveries', 'event_control',
                                    'learned_forms', 'learned_control', 'extraction_counts', 'extraction_days',
                                    'extraction_closed_days', 'extraction_reopened_days', 'extraction_paid_again',
                                    'extractor_migrations'];
    views CONSTANT text[] := ARRAY['extraction_queue_doubtful', 'extraction_open_days', 'extraction_closed_sums',
                                   'extraction_open_consultations', 'extraction_prunable'];
    triggers CONSTANT text[] := ARRAY['extraction_queue_before_write', 'extraction_queue_ring',
                                      'extraction_queue_check_reference', 'extraction_queue_tell', 'extraction_queue_count',
                                      'extraction_clicks_reopen', 'extraction_attempts_reopen',
                                      'worker_accounts_before_delete', 'worker_accounts_before_update'];
    rules CONSTANT text[] := ARRAY[
        'extraction_queue_blanks', 'extraction_queue_is_empty', 'extraction_queue_folded',
        'extraction_queue_normalized', 'extraction_queue_request_key', 'extraction_queue_language',
        'extraction_queue_says', 'extraction_queue_edit', 'extraction_queue_rung', 'extraction_queue_claim',
        'extraction_queue_complete', 'extraction_queue_unclear',
        'extraction_queue_excess', 'extraction_queue_problem', 'extraction_queue_refusal', 'extraction_queue_is_plain',
        'extraction_queue_reference_problem', 'extraction_queue_id', 'extraction_queue_max_attempts',
        'extraction_queue_is_spooled', 'extraction_queue_consultations', 'extraction_attempt_steps',
        'extraction_list_open_days',
        'registry_time_zone', 'registry_day', 'registry_today', 'registry_tomorrow', 'registry_this_month', 'registry_consultations_today', 'registry_sessions_is_wanted',
        'worker_accounts_max_failures', 'worker_accounts_is_sealed',
        'worker_accounts_lacks_key', 'worker_accounts_user_code', 'worker_accounts_condition',
        'worker_accounts_holder', 'source_control_is_broken', 'process_state'];
    policies_of_ours CONSTANT name[] := ARRAY['extractor_service_role', 'extractor_worker'];
    of_the_public CONSTANT text := (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles
                                    WHERE rolname IN ('anon', 'authenticated'));  -- NULL on a plain Postgres
    of_the_system CONSTANT text := (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles
                                    WHERE rolname IN ('service_role', 'extractor_worker'));
    has_service_role CONSTANT boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role');
    has_worker_role CONSTANT boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker');
    relation text;
    sequence text;
    signature regprocedure;
    role text;
BEGIN
    FOREACH relation IN ARRAY tables LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', relation);
        IF relation <> 'worker_accounts' AND EXISTS (
                SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = relation
                                          AND policyname <> ALL (policies_of_ours)) THEN
            -- No policy restricts these three.
            EXECUTE format('REVOKE TRUNCATE, REFERENCES, TRIGGER ON public.%I FROM %s',
                           relation, concat_ws(', ', 'PUBLIC', of_the_public));
            RAISE NOTICE '%: your own policies and grants for % are kept; row level security is on.',
                relation, concat_ws(', ', 'PUBLIC', of_the_public);
        ELSE
            IF relation = 'extraction_queue' AND coalesce(current_setting('extractor.adopts', true), '') <> 'false'
               AND EXISTS (SELECT FROM pg_roles
                           WHERE rolname IN ('anon', 'authenticated')
                             AND has_table_privilege(rolname, 'public.extraction_queue', 'SELECT')) THEN
                RAISE NOTICE 'extraction_queue: row level security is on and % have no rights any more. A front end'
                    ' that reads or writes it with the anon key needs policies of its own: see SECURITY.md.',
                    of_the_public;
            END IF;
            EXECUTE format('REVOKE ALL ON public.%I FROM %s', relation, concat_ws(', ', 'PUBLIC', of_the_public));
        END IF;
        IF has_service_role AND relation <> 'extractor_migrations' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO service_role', relation);
            EXECUTE format('DROP POLICY IF EXISTS extractor_service_role ON public.%I', relation);
            EXECUTE format('CREATE POLICY extractor_service_role ON public.%I TO service_role'
                           ' USING (true) WITH CHECK (true)', relation);
        END IF;
        IF has_worker_role THEN
            EXECUTE format('REVOKE ALL ON public.%I FROM extractor_worker', relation);
            EXECUTE format('GRANT SELECT ON public.%I TO extractor_worker', relation);
            EXECUTE format('DROP POLICY IF EXISTS extractor_worker ON public.%I', relation);
            EXECUTE format('CREATE POLICY extractor_worker ON public.%I TO extractor_worker'
                           ' USING (true) WITH CHECK (true)', relation);
        END IF;
    END LOOP;

    -- The sequence behind a bigserial id: whoever inserts takes its next value.
    FOR sequence IN SELECT pg_get_serial_sequence('public.' || name, 'id')
                    FROM unnest(ARRAY['extraction_queue', 'worker_accounts']) AS name LOOP
        CONTINUE WHEN sequence IS NULL OR of_the_system IS NULL;
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %s', sequence, of_the_system);
    END LOOP;

    FOREACH relation IN ARRAY views LOOP
        EXECUTE format('REVOKE ALL ON public.%I FROM %s', relation,
                       concat_ws(', ', 'PUBLIC', of_the_public, of_the_system));
    END LOOP;
    IF of_the_public IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON SEQUENCE public.extraction_attempts_id_seq, public.extraction_clicks_id_seq,'
                       ' public.extraction_events_id_seq FROM %s', of_the_public);
    END IF;
    -- A trigger's function needs no right when it fires, and no role calls it directly.
    FOR signature IN SELECT oid FROM pg_proc
                     WHERE pronamespace = 'public'::regnamespace AND proname = ANY (rules || triggers) LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s', signature,
                       concat_ws(', ', 'PUBLIC', of_the_public, of_the_system));
    END LOOP;

    FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('service_role', 'extractor_worker') LOOP
        IF NOT has_schema_privilege(role, 'public', 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role);
        END IF;
        FOREACH relation IN ARRAY views LOOP
            EXECUTE format('GRANT SELECT ON public.%I TO %I', relation, role);
        END LOOP;
        FOR signature IN SELECT oid FROM pg_proc
                         WHERE pronamespace = 'public'::regnamespace AND proname = ANY (rules) LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', signature, role);
        END LOOP;
    END LOOP;

    IF NOT has_worker_role THEN
        RETURN;
    END IF;
    GRANT INSERT (document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire,
                  acte_type, priority, created_at, reference, batch_id, idempotency_key, idempotency_request, doubt,
                  doubted_key),
          UPDATE (status, processing_started_at, supabase_path, attemtps, available_at, dispatched_at, attempt_id,
                  worker_id, lease_expires_at, completed_at, error_code, error_message, document_sha256,
                  document_bytes, document_pages, document_warning, identity, max_consultations, fetched_as, kills,
                  spooled_on, spooled_until, cancel_requested_at, doubt, doubted_key)
        ON public.extraction_queue TO extractor_worker;

    -- The password, because the first lease seals it.
    GRANT UPDATE (password, is_active, last_used, failure_count, updated_at, resting_until, last_error)
        ON public.worker_accounts TO extractor_worker;
    GRANT INSERT, UPDATE, DELETE ON public.registry_sessions TO extractor_worker;
    GRANT UPDATE (logins) ON public.registry_logins TO extractor_worker;

    GRANT INSERT (job_id, document_source, worker_id, account_id, account_lease_id, request_key, alive_until, message_id),
          UPDATE (consultation_at, document_saved_at, document_sha256, supabase_path, uploaded_at, finished_at,
                  outcome, error_code, message, evidence_path, steps, alive_until)
        ON public.extraction_attempts TO extractor_worker;

    GRANT INSERT (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at, document_saved_at),
          UPDATE (free_at, why_free, address, document_saved_at)
        ON public.extraction_clicks TO extractor_worker;

    GRANT INSERT (worker_id, status, host, pid, queues, message),
          UPDATE (status, host, pid, queues, message, current_job_id, account_id, last_heartbeat, started_at,
                  jobs_completed, jobs_failed),
          DELETE
        ON public.worker_status TO extractor_worker;

    GRANT INSERT (document_source),
          UPDATE (paused, paused_by, reason, since, site_failures, broken_until, broken_reason, broken_by,
                  money_stopped, money_counted_from)
        ON public.source_control TO extractor_worker;

    GRANT INSERT (bridge_id, host, pid, mode, message),
          UPDATE (mode, message, proven_at, messages_sent, started_at, last_heartbeat),
          DELETE
        ON public.bridge_status TO extractor_worker;

    -- The bridge folds the differences, and counts again when it starts.
    GRANT INSERT, DELETE ON public.extraction_counts TO extractor_worker;

    -- It closes days. A lie here would be a wrong sum of money on a screen, and no limit reads it.
    GRANT INSERT, DELETE ON public.extraction_days, public.extraction_closed_days, public.extraction_reopened_days
        TO extractor_worker;

    -- No INSERT of events and deliveries: only the trigger of a row tells anything.
    GRANT UPDATE (position), DELETE ON public.extraction_events TO extractor_worker;
    GRANT UPDATE (due_at, tries, lease_id, leased_until, last_error), DELETE
        ON public.webhook_deliveries TO extractor_worker;
    GRANT INSERT (only_row), UPDATE (last_position, wanted_until, delivered_at, problem, problem_at)
        ON public.event_control TO extractor_worker;

    GRANT INSERT, UPDATE, DELETE ON public.learned_forms TO extractor_worker;
    GRANT UPDATE (site, hindrance, verified, unexpected, trial_until, closed_until, closed_why)
        ON public.learned_control TO extractor_worker;
END
$$;
