-- Rows that the table had before: the trigger reads their numbers, fills what may not be NULL, and ends a waiting row
-- that can never be asked at Erreur, with the reason. A row with a status of the users' own is left alone.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.extraction_queue'::regclass
                   AND attname = 'status' AND atthasdef) THEN
        ALTER TABLE extraction_queue ALTER COLUMN status SET DEFAULT 'En attente';
    END IF;
END
$$;

UPDATE extraction_queue SET request_key = NULL  -- the trigger writes it
WHERE status IN ('En attente', 'En traitement', 'Complété', 'Erreur')
  AND (num_nulls(created_at, available_at, priority, attemtps, kills) > 0
       OR document_number_normalized IS DISTINCT FROM extraction_queue_normalized(document_number)
       OR request_key IS DISTINCT FROM extraction_queue_request_key(
           document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type)
       OR status = 'En attente' AND extraction_queue_refusal(
           document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type)
          IS NOT NULL);

-- What holds without the trigger, too. NOT VALID: a finished row of the past never blocks an update of another. It
-- calls no function of 0002: whoever writes a row would need the right to execute it.
ALTER TABLE extraction_queue
    DROP CONSTRAINT IF EXISTS extraction_queue_status_is_known,
    DROP CONSTRAINT IF EXISTS extraction_queue_can_be_asked;
ALTER TABLE extraction_queue
    ADD CONSTRAINT extraction_queue_status_is_known
        CHECK (status IN ('En attente', 'En traitement', 'Complété', 'Erreur')) NOT VALID,
    ADD CONSTRAINT extraction_queue_can_be_asked
        CHECK (status <> 'En attente'
               OR (coalesce(document_source, '') IN ('acte', 'index', 'plan_cadastraux')
                   AND coalesce(btrim(document_number), '') <> ''
                   AND coalesce(btrim(CASE document_source WHEN 'acte' THEN acte_type ELSE cadastre END), '') <> ''
                   AND char_length(document_number) <= 60
                   AND coalesce(greatest(char_length(circonscription_fonciere), char_length(cadastre),
                                         char_length(designation_secondaire), char_length(acte_type)), 0) <= 200
                   AND concat_ws(' ', btrim(document_number, E' \t\n\x0B\f\r'),
                                 btrim(circonscription_fonciere, E' \t\n\x0B\f\r'), btrim(cadastre, E' \t\n\x0B\f\r'),
                                 btrim(designation_secondaire, E' \t\n\x0B\f\r'), btrim(acte_type, E' \t\n\x0B\f\r'))
                       !~ '[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]')) NOT VALID;

-- From here on the triggers count; nobody else writes a row before this transaction ends.
DELETE FROM extraction_counts;
INSERT INTO extraction_counts (document_source, status, error_code, rows)
SELECT coalesce(document_source, '?'), coalesce(status, ''), coalesce(error_code, ''), count(*)
FROM extraction_queue
GROUP BY 1, 2, 3;
