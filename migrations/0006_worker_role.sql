-- extractor_worker: what bridge, workers, api and Flower may do, and no more. It cannot log in; a member of it does:
--     CREATE ROLE extractor LOGIN PASSWORD '…' IN ROLE extractor_worker;
-- No DDL, no INSERT of accounts, no DELETE of rows, and no change of what a row asks for.
-- This file may be run again by hand, by the tables' owner, when the role was created later: it grants what the later
-- steps make, too.

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
            ' Create it as an administrator, then run this file again: see SECURITY.md.', current_user;
END
$$;

DO $$
DECLARE
    name text;
    signature text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY ARRAY['extraction_queue', 'worker_accounts', 'worker_status', 'extraction_attempts',
                                'source_control', 'bridge_status', 'registry_logins', 'extraction_clicks',
                                'registry_sessions',
                                '_yoyo_log', '_yoyo_migration', '_yoyo_version', 'yoyo_lock'] LOOP
        CONTINUE WHEN to_regclass(format('public.%I', name)) IS NULL;
        EXECUTE format('REVOKE ALL ON public.%I FROM extractor_worker', name);
        EXECUTE format('GRANT SELECT ON public.%I TO extractor_worker', name);
        EXECUTE format('DROP POLICY IF EXISTS extractor_worker ON public.%I', name);
        EXECUTE format('CREATE POLICY extractor_worker ON public.%I TO extractor_worker'
                       ' USING (true) WITH CHECK (true)', name);
    END LOOP;
    IF NOT has_schema_privilege('extractor_worker', 'public', 'USAGE') THEN
        GRANT USAGE ON SCHEMA public TO extractor_worker;
    END IF;

    GRANT INSERT (document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire,
                  acte_type, priority, created_at),
          UPDATE (status, processing_started_at, supabase_path, attemtps, available_at, dispatched_at, attempt_id,
                  worker_id, lease_expires_at, completed_at, error_code, error_message, document_sha256,
                  document_bytes, document_pages, max_consultations, fetched_as, kills, spooled_on, spooled_until,
                  cancel_requested_at)
        ON extraction_queue TO extractor_worker;

    -- The password, because the first lease seals it.
    GRANT UPDATE (password, is_active, last_used, failure_count, updated_at, leased_by, lease_id, lease_expires_at,
                  resting_until, last_error)
        ON worker_accounts TO extractor_worker;
    IF to_regclass('public.registry_sessions') IS NOT NULL THEN  -- when this file is run again: 0015 makes the table
        GRANT INSERT, UPDATE, DELETE ON registry_sessions TO extractor_worker;
    END IF;

    GRANT INSERT (job_id, document_source, worker_id, account_id, account_lease_id),
          UPDATE (consultation_at, document_saved_at, document_sha256, uploaded_at, finished_at, outcome, error_code,
                  message, evidence_path, steps)
        ON extraction_attempts TO extractor_worker;

    GRANT INSERT (worker_id, status, host, pid, queues, message),
          UPDATE (status, host, pid, queues, message, current_job_id, account_id, last_heartbeat, started_at,
                  jobs_completed, jobs_failed)
        ON worker_status TO extractor_worker;

    GRANT UPDATE (paused, paused_by, reason, since, site_failures, broken_until, broken_reason)
        ON source_control TO extractor_worker;

    GRANT INSERT (bridge_id, host, pid, mode, message),
          UPDATE (mode, message, proven_at, messages_sent, started_at, last_heartbeat),
          DELETE
        ON bridge_status TO extractor_worker;

    IF EXISTS (SELECT FROM pg_attribute  -- when this file is run again: 0013 makes the columns
               WHERE attrelid = 'public.extraction_queue'::regclass AND attname = 'document_warning') THEN
        GRANT UPDATE (document_warning, identity) ON extraction_queue TO extractor_worker;
    END IF;

    IF to_regclass('public.registry_logins') IS NOT NULL THEN  -- when this file is run again: 0011 makes the table
        GRANT UPDATE (logins) ON registry_logins TO extractor_worker;
    END IF;
    IF to_regclass('public.extraction_clicks') IS NOT NULL THEN  -- and 0012 this one
        GRANT INSERT (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at,
                      document_saved_at),
              UPDATE (free_at, why_free, address, document_saved_at)
            ON extraction_clicks TO extractor_worker;
        GRANT UPDATE (money_stopped, money_counted_from) ON source_control TO extractor_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_attribute  -- 0014
               WHERE attrelid = 'public.extraction_attempts'::regclass AND attname = 'request_key') THEN
        GRANT INSERT (request_key, alive_until), UPDATE (supabase_path, alive_until)
            ON extraction_attempts TO extractor_worker;
        GRANT INSERT (document_source), UPDATE (broken_by) ON source_control TO extractor_worker;
        GRANT DELETE ON worker_status TO extractor_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_attribute  -- 0017
               WHERE attrelid = 'public.extraction_queue'::regclass AND attname = 'idempotency_request') THEN
        GRANT INSERT (reference, batch_id, idempotency_key, idempotency_request)
            ON extraction_queue TO extractor_worker;
    END IF;
    IF to_regclass('public.extraction_queue_doubtful') IS NOT NULL THEN  -- 0018
        REVOKE ALL ON extraction_queue_doubtful FROM extractor_worker;
        GRANT SELECT ON extraction_queue_doubtful TO extractor_worker;
        GRANT INSERT (doubt, doubted_key), UPDATE (doubt, doubted_key) ON extraction_queue TO extractor_worker;
    END IF;
    FOREACH signature IN ARRAY ARRAY[  -- 0010 to 0015
        'extraction_queue_max_attempts(integer)', 'registry_time_zone()', 'registry_today(timestamptz)',
        'registry_tomorrow(timestamptz)', 'registry_this_month(timestamptz)', 'worker_accounts_max_failures()',
        'worker_accounts_is_sealed(text)', 'worker_accounts_lacks_key(text, text[])',
        'worker_accounts_condition(public.worker_accounts, text[])',
        'process_state(text, timestamptz, double precision)', 'registry_consultations_today()',
        'extraction_queue_consultations(uuid)', 'extraction_queue_is_spooled(uuid, timestamptz)',
        'source_control_is_broken(timestamptz)', 'worker_accounts_user_code(text)', 'worker_accounts_holder(text)',
        'registry_sessions_is_wanted(public.registry_sessions)'] LOOP
        CONTINUE WHEN to_regprocedure('public.' || signature) IS NULL;
        EXECUTE format('GRANT EXECUTE ON FUNCTION public.%s TO extractor_worker', signature);
    END LOOP;
END
$$;
