-- What is odd about a stored document, whether it proves to be the one asked for; and blanks that make no lots.

ALTER TABLE extraction_queue
    ADD COLUMN IF NOT EXISTS document_warning text,
    ADD COLUMN IF NOT EXISTS identity         text CHECK (identity IN ('checked', 'unchecked'));

COMMENT ON COLUMN extraction_queue.document_warning IS
    'What is odd about the stored PDF, in sentences: bytes around it, a password, damaged cross references; else NULL.';
COMMENT ON COLUMN extraction_queue.identity IS
    'checked: the PDF''s own text says that it is the requested document. unchecked: it has no text, or none that says'
    ' which document it is. One that says that it is another is never stored. NULL: not judged.';

-- As 0006 grants it for the other columns.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'extractor_worker') THEN
        GRANT UPDATE (document_warning, identity) ON extraction_queue TO extractor_worker;
    END IF;
END
$$;

-- A person sends a finished row again: what was said of the past document goes, as in extraction_queue_before_write.
CREATE OR REPLACE FUNCTION extraction_queue_forget_judgement()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF OLD.status IN ('Erreur', 'Complété') AND NEW.status = 'En attente' THEN
        NEW.document_warning := NULL;
        NEW.identity := NULL;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION extraction_queue_forget_judgement() FROM PUBLIC;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION public.extraction_queue_forget_judgement() FROM %I', name);
    END LOOP;
END
$$;
DROP TRIGGER IF EXISTS extraction_queue_forget_judgement ON extraction_queue;
CREATE TRIGGER extraction_queue_forget_judgement BEFORE UPDATE OF status ON extraction_queue
    FOR EACH ROW EXECUTE FUNCTION extraction_queue_forget_judgement();

-- As in 0010, but a blank that may part two numbers stays: `12 13` is no lot 1213. From the inside: nothing around it;
-- no character without a width; every kind of single blank is a space (a tab or a line break parts cells, and stays);
-- no space between groups of three digits, before a letter, or behind the T of a radiation.
-- `matching/numbers.py` has the same rule for what pages show; a test compares them.
CREATE OR REPLACE FUNCTION extraction_queue_normalized(document_number text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(regexp_replace(regexp_replace(
    translate(translate(btrim(document_number, public.extraction_queue_blanks()),
                        E'\u180e\u200b\u200c\u200d\u2060\ufeff', ''),
              E'\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000',
              repeat(' ', 16)),
    '(^|(?<![0-9 -])|(?<=[0-9] )|(?<=[Tt] ))([0-9]{1,3}) (?=[0-9]{3}( [0-9]{3})*(?! ?[0-9]))', '\1\2', 'g'),
    '(?<=[0-9]) (?=[A-Za-z])', '', 'g'),
    '^([Tt]) (?=[0-9])', '\1');
COMMENT ON FUNCTION extraction_queue_normalized(text) IS
    'The number without blanks around it, between groups of three digits, before a letter and behind a T.';

-- As in 0007, and now also a number that reads as more than one.
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
    IF public.extraction_queue_normalized(document_number) ~ '[ \t]' THEN
        RETURN format('document_number reads as %s, which may be two numbers: a blank may stand only between groups of'
                      ' three digits (2 784 195), before a letter (24 A) or behind the T of a radiation',
                      quote_literal(replace(public.extraction_queue_normalized(document_number), E'\t', '<tab>')));
    END IF;
    RETURN NULL;
END
$$;

-- Waiting rows whose number was read as one and may be two.
UPDATE extraction_queue
SET status = 'Erreur', completed_at = now(), error_code = 'invalid_request',
    error_message = extraction_queue_excess(document_number, NULL, NULL, NULL, NULL)
                    || '; correct the row and set status to En attente.'
WHERE status IN ('En attente', 'En traitement')
  AND extraction_queue_excess(document_number, NULL, NULL, NULL, NULL) IS NOT NULL;

-- The trigger writes the number and the key of the few rows for which they were others.
UPDATE extraction_queue SET request_key = request_key
WHERE document_number_normalized IS DISTINCT FROM extraction_queue_normalized(document_number);
