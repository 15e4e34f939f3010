-- Numbers as spreadsheets and people write them, and the words that they write for an empty cell.

-- What people and programs write where nothing is meant. `matching/emptiness.py` has the same list.
CREATE OR REPLACE FUNCTION extraction_queue_is_empty(name text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(lower(btrim(coalesce(name, ''), public.extraction_queue_blanks()) COLLATE "C"), 'É', 'é') IN (
    '', '-', '--', '---', '–', '—', '.', '?', 'nan', '<na>', 'n/a', '#n/a', '#n/d', 'n.a.', 'n/d', 'na', 'nd', 'nil',
    'null', '(null)', 'none', 'aucun', 'aucune', 's/o', 's.o.', 'sans objet', 'vide', '(vide)', 'néant');
COMMENT ON FUNCTION extraction_queue_is_empty(text) IS
    'Whether a cell says nothing: blank, or a word for that such as nan, N/A, NULL or aucune.';

-- As in 0010, and a word for an empty cell is one.
CREATE OR REPLACE FUNCTION extraction_queue_folded(name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN public.extraction_queue_is_empty(name) THEN ''
            ELSE translate(lower(btrim(name, public.extraction_queue_blanks()) COLLATE "C"),
                           'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŸ', 'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþœÿ') END;

-- As in 0013, and now every form in which a number was seen. A form is read only where it can be nothing else: what is
-- left over is refused by extraction_queue_unclear. `matching/numbers.py` has the same steps in the same order for what
-- pages show; a test compares them.
CREATE OR REPLACE FUNCTION extraction_queue_normalized(document_number text)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
DECLARE
    n text := btrim(document_number, public.extraction_queue_blanks());
    shown text[];
BEGIN
    IF n ~ '^([0-9]*|[0-9]{1,3}( [0-9]{3})+)$' THEN  -- most are
        RETURN translate(n, ' ', '');
    END IF;
    -- No character without a width; every kind of single blank is a space (a tab or a line break parts cells, and
    -- stays); every kind of dash is a hyphen; full-width characters are those of ASCII.
    n := translate(translate(n, E'\u180e\u200b\u200c\u200d\u2060\ufeff', ''),
        E'\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'
         '\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d'
         '\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0c\uff0e'
         '\u2019\u2018\u02bc\u00b4\u00b7\u2027\u066c\u02d9',
        repeat(' ', 16) || repeat('-', 11) || '0123456789,.' || repeat('''', 8));
    -- Around it: what marks a cell as text (`="2784195"`, `'2784195`), quotation marks, the end of a sentence.
    n := regexp_replace(n, '^=? *["''«“„` (<[]+|^=(?=[0-9])', '');
    n := regexp_replace(n, '[]"''»”` )>]*[.;, ]*$', '');
    -- Before it: `Lot`, `no`, `N°`, `numéro`, `#`, alone or together.
    n := regexp_replace(n, '^(((d''|de |du )?(lots?|inscription|acte)|n[o°º.]|num([éÉ]ro|ero)?|#|№)[ .:]*)+'
                           '(?=[TtPp]?[ -]?[0-9])', '', 'i');
    -- A number of a spreadsheet that shows all of its digits: `2,784195E+06`.
    shown := regexp_match(n, '^([0-9])[.,]([0-9]+)[Ee]\+?0*([1-9])$');
    IF shown IS NOT NULL AND length(shown[2]) = shown[3]::integer THEN
        RETURN shown[1] || shown[2];
    END IF;
    -- The T of a radiation, parted from it by a blank or a hyphen.
    n := regexp_replace(n, '^([Tt]) (?=[0-9])', '\1');
    n := regexp_replace(n, '^([Tt]) ?- ?(?=([0-9]{5,8}|[0-9]{1,3}([ .,''_][0-9]{3})+)$)', '\1');
    -- Groups of three digits: by blanks anywhere; by points or commas where there are two or more of them, since
    -- `227,228` may be two lots; by apostrophes or low lines.
    n := regexp_replace(n, '(^|(?<![0-9 -])|(?<=[0-9] ))([0-9]{1,3}) (?=[0-9]{3}( [0-9]{3})*(?! ?[0-9]))', '\1\2', 'g');
    IF n ~ '^[Tt]?[0-9]{1,2}(\.[0-9]{3}){2}(,0+)?$' THEN
        n := translate(split_part(n, ',', 1), '.', '');
    ELSIF n ~ '^[Tt]?[0-9]{1,2}(,[0-9]{3}){2}(\.0+)?$' THEN
        n := translate(split_part(n, '.', 1), ',', '');
    ELSIF n ~ '^[Tt]?[0-9]{1,3}([''_][0-9]{3})+([.,]0+)?$' THEN
        n := regexp_replace(n, '[.,]0+$|[''_]', '', 'g');
    END IF;
    -- The decimals of a whole number: `2784195.0`; with three of them only behind more than a group (`2.000`).
    n := regexp_replace(n, '^([0-9]+)[.,]0{1,2}$|^([0-9]{4,})[.,]0+$', '\1\2');
    -- The words for a part of a lot: `Ptie du lot 227`, `227 (ptie)`.
    n := regexp_replace(n, '^(ptie|pte|partie)[. ]*((du|de) )?(lot )?(?=[0-9])', '\1', 'i');
    n := regexp_replace(n, '(?<=[0-9A-Za-z]) ?\(?(ptie|pte|partie)\.?\)?$', '\1', 'i');
    RETURN regexp_replace(n, '(?<=[0-9]) (?=[A-Za-z])', '', 'g');
END
$$;
COMMENT ON FUNCTION extraction_queue_normalized(text) IS
    'The number as the registry''s form takes it: without what spreadsheets and people put around and between its digits.';

-- Returns the sentence that says why a number is not one number, or NULL.
CREATE OR REPLACE FUNCTION extraction_queue_unclear(document_number text)
RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $$
DECLARE
    n CONSTANT text := public.extraction_queue_normalized(document_number);
    months CONSTANT text := 'jan|janv|january|janvier|feb|fev|fév|fevr|févr|february|mar|mars|march|avr|apr|april|avril'
        '|mai|may|jun|june|juin|jul|july|juil|juillet|aug|august|aou|aoû|aout|août|sep|sept|oct|nov|dec|déc';
    why text;
BEGIN
    IF n ~ '^[0-9]*$' THEN
        RETURN NULL;
    ELSIF n ~* '^[0-9]+([.,][0-9]+)?e\+?[0-9]+$' THEN
        why := 'which a spreadsheet may have made of a longer number: format the cell as text and write every digit';
    ELSIF n ~* ('(^|[^a-z])(' || months || ')([^a-z]|$)') OR n ~ '^[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}' OR n ~ '[0-9]:[0-9]'
          OR n ~ '^(1[89]|20)[0-9]{2}-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])($|[ T])' THEN
        why := 'which looks like a date that a spreadsheet made of the number: format the cell as text and write the'
               ' number again';
    ELSIF n ~ '[^0-9A-Za-zÀ-ÿ \t-]|^-|-$|[0-9](à|À|et|ET|au|AU|to|TO)[0-9]' THEN
        why := 'which is not one whole number: write each number in a row of its own, with digits, letters and hyphens'
               ' only';
    ELSIF n ~ '[ \t]' THEN
        why := 'which may be two numbers: a blank may stand only between groups of three digits (2 784 195), before a'
               ' letter (24 A) or behind the T of a radiation';
    END IF;
    RETURN 'document_number reads as ' || quote_literal(replace(n, E'\t', '<tab>')) || ', ' || why;
END
$$;
COMMENT ON FUNCTION extraction_queue_unclear(text) IS
    'Why a number may be none or several, as a sentence that names what was read; NULL when it is one.';

-- As in 0013, with the sentences above.
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
        CONTINUE WHEN texts[place] IS NULL;
        most := CASE place WHEN 1 THEN 60 ELSE 200 END;
        IF char_length(texts[place]) > most THEN
            RETURN format('%s has %s characters: it may have %s at most',
                          names[place], char_length(texts[place]), most);
        ELSIF btrim(texts[place], E' \t\n\x0B\f\r')
              ~ '[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
            RETURN format('%s has a line break or another control character: remove it', names[place]);
        END IF;
    END LOOP;
    RETURN public.extraction_queue_unclear(document_number);
END
$$;

-- As in 0014, without what extraction_queue_refusal asks right after it.
CREATE OR REPLACE FUNCTION extraction_queue_problem(document_source text, document_number text,
                                                    cadastre text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE
        WHEN coalesce(document_source, '') NOT IN ('acte', 'index', 'plan_cadastraux') THEN
            format('document_source is %s: it must be acte, index or plan_cadastraux',
                   coalesce(quote_literal(left(document_source, 60)), 'missing'))
        WHEN public.extraction_queue_folded(document_number) = '' THEN
            'document_number is missing: give the lot or the inscription number'
        WHEN document_source = 'acte' AND public.extraction_queue_folded(acte_type) = '' THEN
            'acte_type is missing: an acte needs one of Acte, Avis d''adresse, Radiation, Acte divers'
        WHEN document_source <> 'acte' AND public.extraction_queue_folded(cadastre) = '' THEN
            format('cadastre is missing: %s needs one, for example Cadastre du Québec', document_source)
    END
$$;

-- Waiting rows whose number was taken as it stood, and is none.
UPDATE extraction_queue
SET status = 'Erreur', completed_at = now(), error_code = 'invalid_request',
    error_message = extraction_queue_refusal(document_source, document_number, circonscription_fonciere, cadastre,
                                             designation_secondaire, acte_type)
                    || '; correct the row and set status to En attente.'
WHERE status IN ('En attente', 'En traitement')
  AND extraction_queue_refusal(document_source, document_number, circonscription_fonciere, cadastre,
                               designation_secondaire, acte_type) IS NOT NULL;

-- The trigger writes the number and the key of the rows for which they were others.
UPDATE extraction_queue SET request_key = request_key
WHERE document_number_normalized IS DISTINCT FROM extraction_queue_normalized(document_number)
   OR request_key IS DISTINCT FROM extraction_queue_request_key(
       document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type);
