-- What a row may hold: names and numbers of a sane length, without characters that nobody can see. Finished rows are
-- exempt, as in 0002.

-- Returns the sentence that tells what is too long or unreadable, or NULL. Tabs, and line breaks at the ends, are
-- what a copy from a spreadsheet carries; a line break inside, a control or a reversal of direction can forge a log.
CREATE OR REPLACE FUNCTION extraction_queue_excess(document_number text, circonscription_fonciere text, cadastre text,
                                                   designation_secondaire text, acte_type text)
RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $$
DECLARE
    names CONSTANT text[] := ARRAY['document_number', 'circonscription_fonciere', 'cadastre',
                                   'designation_secondaire', 'acte_type'];
    texts CONSTANT text[] := ARRAY[document_number, circonscription_fonciere, cadastre,
                                   designation_secondaire, acte_type];
    most integer;
BEGIN
    FOR place IN 1..5 LOOP
        most := CASE place WHEN 1 THEN 60 ELSE 200 END;
        IF char_length(texts[place]) > most THEN
            RETURN format('%s has %s characters: it may have %s at most',
                          names[place], char_length(texts[place]), most);
        ELSIF btrim(texts[place], E' \t\n\x0B\f\r')
              ~ '[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
            RETURN format('%s has a line break or another control character: remove it', names[place]);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- As in 0003, and now also what is too long or unreadable in the fields that it is given.
CREATE OR REPLACE FUNCTION extraction_queue_problem(document_source text, document_number text,
                                                    cadastre text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE
        WHEN coalesce(document_source, '') NOT IN ('acte', 'index', 'plan_cadastraux') THEN
            format('document_source is %s: it must be acte, index or plan_cadastraux',
                   coalesce(quote_literal(left(document_source, 60)), 'missing'))
        WHEN coalesce(btrim(document_number), '') = '' THEN
            'document_number is missing: give the lot or the inscription number'
        WHEN document_source = 'acte' AND coalesce(btrim(acte_type), '') = '' THEN
            'acte_type is missing: an acte needs one of Acte, Avis d''adresse, Radiation, Acte divers'
        WHEN document_source <> 'acte' AND coalesce(btrim(cadastre), '') = '' THEN
            format('cadastre is missing: %s needs one, for example Cadastre du Québec', document_source)
        ELSE public.extraction_queue_excess(document_number, NULL, cadastre, NULL, acte_type)
    END
$$;

CREATE OR REPLACE FUNCTION extraction_queue_bounds()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    problem text;
BEGIN
    IF NEW.status IN ('En attente', 'En traitement') THEN
        problem := public.extraction_queue_excess(NEW.document_number, NEW.circonscription_fonciere, NEW.cadastre,
                                                  NEW.designation_secondaire, NEW.acte_type);
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = problem;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION extraction_queue_bounds() FROM PUBLIC;

-- Adopted rows that could never be asked: they end here once, instead of failing in every worker.
UPDATE extraction_queue
SET status = 'Erreur', completed_at = now(), error_code = 'invalid_request',
    error_message = extraction_queue_excess(document_number, circonscription_fonciere, cadastre,
                                            designation_secondaire, acte_type)
                    || '; correct the row and set status to En attente.'
WHERE status IN ('En attente', 'En traitement')
  AND extraction_queue_excess(document_number, circonscription_fonciere, cadastre,
                              designation_secondaire, acte_type) IS NOT NULL;

-- Fires after extraction_queue_before_write: triggers fire in the order of their names.
DROP TRIGGER IF EXISTS extraction_queue_bounds ON extraction_queue;
CREATE TRIGGER extraction_queue_bounds
    BEFORE INSERT OR UPDATE OF status, document_number, circonscription_fonciere, cadastre, designation_secondaire,
                               acte_type ON extraction_queue
    FOR EACH ROW EXECUTE FUNCTION extraction_queue_bounds();

ALTER TABLE extraction_queue DROP CONSTRAINT IF EXISTS extraction_queue_text_is_bounded;
ALTER TABLE extraction_queue ADD CONSTRAINT extraction_queue_text_is_bounded
    CHECK (status IN ('Complété', 'Erreur')
           OR public.extraction_queue_excess(document_number, circonscription_fonciere, cadastre,
                                             designation_secondaire, acte_type) IS NULL) NOT VALID;
