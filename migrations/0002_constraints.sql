-- The invariants. Finished rows are exempt: old rows of an adopted table never block an update.

-- Adopted rows that can never be asked: they end here once, instead of failing in every worker.
UPDATE extraction_queue
SET status = 'Erreur',
    error_code = 'invalid_request',
    error_message = 'The row lacks a field that its document_source needs; complete it and set status to En attente.'
WHERE status IN ('En attente', 'En traitement')
  AND (document_source IS NULL
       OR document_source NOT IN ('acte', 'index', 'plan_cadastraux')
       OR coalesce(btrim(document_number), '') = ''
       OR (document_source = 'acte' AND coalesce(btrim(acte_type), '') = '')
       OR (document_source IN ('index', 'plan_cadastraux') AND coalesce(btrim(cadastre), '') = ''));

ALTER TABLE extraction_queue
    DROP CONSTRAINT IF EXISTS extraction_queue_status_is_known,
    DROP CONSTRAINT IF EXISTS extraction_queue_source_is_known,
    DROP CONSTRAINT IF EXISTS extraction_queue_number_is_required,
    DROP CONSTRAINT IF EXISTS extraction_queue_acte_type_is_required_for_acte,
    DROP CONSTRAINT IF EXISTS extraction_queue_cadastre_is_required_for_index_and_plan;

ALTER TABLE extraction_queue
    ADD CONSTRAINT extraction_queue_status_is_known
        CHECK (status IN ('En attente', 'En traitement', 'Complété', 'Erreur')) NOT VALID,
    ADD CONSTRAINT extraction_queue_source_is_known
        CHECK (status IN ('Complété', 'Erreur')
               OR document_source IN ('acte', 'index', 'plan_cadastraux')) NOT VALID,
    ADD CONSTRAINT extraction_queue_number_is_required
        CHECK (status IN ('Complété', 'Erreur') OR btrim(document_number) <> '') NOT VALID,
    ADD CONSTRAINT extraction_queue_acte_type_is_required_for_acte
        CHECK (status IN ('Complété', 'Erreur') OR document_source <> 'acte'
               OR (acte_type IS NOT NULL AND btrim(acte_type) <> '')) NOT VALID,
    ADD CONSTRAINT extraction_queue_cadastre_is_required_for_index_and_plan
        CHECK (status IN ('Complété', 'Erreur') OR document_source NOT IN ('index', 'plan_cadastraux')
               OR (cadastre IS NOT NULL AND btrim(cadastre) <> '')) NOT VALID;
