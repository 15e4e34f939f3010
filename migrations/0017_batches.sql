-- The user's own dossier on a row, the import that it came with, and the key that keeps a POST from making a second row.
-- None of them is part of the request key: the same document asked for two dossiers is one request.

-- A person may write text of any length into a column of that name that the table has already: only ours is bounded.
CREATE OR REPLACE FUNCTION extraction_queue_reference_problem(reference text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN char_length(reference) > 200 THEN
        format('reference has %s characters: it may have 200 at most', char_length(reference))
    WHEN btrim(reference, E' \t\n\x0B\f\r') ~ '[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
        'reference has a line break or another control character: remove it'
END;
COMMENT ON FUNCTION extraction_queue_reference_problem(text) IS
    'Why a row cannot have this reference, as a sentence; NULL when it can.';

-- Asked only when the reference itself is written, so no other write of a row is ever refused for it.
CREATE OR REPLACE FUNCTION extraction_queue_check_reference()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    refusal CONSTANT text := public.extraction_queue_reference_problem(NEW.reference::text);
BEGIN
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = refusal;
    END IF;
    RETURN NEW;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.extraction_queue'::regclass
                   AND attname = 'reference' AND NOT attisdropped) THEN
        ALTER TABLE extraction_queue ADD COLUMN reference text;
        CREATE TRIGGER extraction_queue_check_reference BEFORE INSERT OR UPDATE OF reference ON extraction_queue
            FOR EACH ROW WHEN (NEW.reference IS NOT NULL) EXECUTE FUNCTION extraction_queue_check_reference();
        COMMENT ON COLUMN extraction_queue.reference IS
            'Your own dossier, as you write it; the system filters by it and never changes it.';
    END IF;
END
$$;

ALTER TABLE extraction_queue
    ADD COLUMN IF NOT EXISTS batch_id            uuid,
    ADD COLUMN IF NOT EXISTS idempotency_key     text,
    ADD COLUMN IF NOT EXISTS idempotency_request text;
COMMENT ON COLUMN extraction_queue.batch_id IS 'The import that the row came with; NULL for a row of its own.';
COMMENT ON COLUMN extraction_queue.idempotency_key IS
    'The Idempotency-Key of the POST that made the row: the same key again gets this row, and makes no second one.';
COMMENT ON COLUMN extraction_queue.idempotency_request IS
    'SHA-256 of what that POST asked for: the same key with another request is refused.';

CREATE UNIQUE INDEX IF NOT EXISTS extraction_queue_idempotency ON extraction_queue (idempotency_key)
    WHERE idempotency_key IS NOT NULL;
-- Beside extraction_queue_request, which has the running and the completed rows.
CREATE INDEX IF NOT EXISTS extraction_queue_request_waiting ON extraction_queue (request_key)
    WHERE status = 'En attente';

-- Statements compare both as text, whatever the type of a column that the table had already. A type whose text depends
-- on the session, such as a moment, has no index and is read row by row.
DO $$
BEGIN
    CREATE INDEX IF NOT EXISTS extraction_queue_reference ON extraction_queue ((reference::text), created_at DESC)
        WHERE reference IS NOT NULL;
    CREATE INDEX IF NOT EXISTS extraction_queue_batch ON extraction_queue ((batch_id::text), created_at DESC)
        WHERE batch_id IS NOT NULL;
EXCEPTION WHEN invalid_object_definition THEN
    RAISE NOTICE 'extraction_queue: your own column reference or batch_id has a type that cannot be indexed as text;'
        ' filters by it read every row.';
END
$$;

-- The trigger calls reference_problem for whoever writes a row, and it reads no table. No role calls the trigger's own.
DO $$
DECLARE
    name text;
BEGIN
    REVOKE ALL ON FUNCTION public.extraction_queue_check_reference() FROM PUBLIC;
    FOR name IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION public.extraction_queue_check_reference() FROM %I', name);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        GRANT INSERT (reference, batch_id, idempotency_key, idempotency_request) ON extraction_queue TO extractor_worker;
    END IF;
END
$$;
