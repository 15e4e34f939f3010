-- The rules that several statements follow, each defined once, here. Triggers and statements call these functions.
--
-- A body that is one RETURN has its names bound when it is created, so no search_path of a caller changes what it does,
-- and the planner puts the expression in the place of the call. `SET search_path` would prevent that. Those that read a
-- table are called and not inlined: accounts are a handful.

-- The number and the names of a request.

-- What copied numbers and names carry: tab to carriage return, space, next line, no-break, Ogham, Mongolian, the widths
-- from U+2000, zero-width, line and paragraph separators, narrow no-break, mathematical, word joiner, ideographic, BOM.
-- A list, since \s and [[:space:]] hold other characters in each locale of a database.
CREATE OR REPLACE FUNCTION extraction_queue_blanks()
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN E'\t\n\x0B\f\r \u0085\u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d'
        '\u2028\u2029\u202f\u205f\u2060\u3000\ufeff';
COMMENT ON FUNCTION extraction_queue_blanks() IS 'Every character that counts as a blank, whatever the locale.';

-- What people and programs write where nothing is meant. `matching/emptiness.py` has the same list.
CREATE OR REPLACE FUNCTION extraction_queue_is_empty(name text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(lower(btrim(coalesce(name, ''), public.extraction_queue_blanks()) COLLATE "C"), 'É', 'é') IN (
    '', '-', '--', '---', '–', '—', '.', '?', 'nan', '<na>', 'n/a', '#n/a', '#n/d', 'n.a.', 'n/d', 'na', 'nd', 'nil',
    'null', '(null)', 'none', 'aucun', 'aucune', 's/o', 's.o.', 'sans objet', 'vide', '(vide)', 'néant');
COMMENT ON FUNCTION extraction_queue_is_empty(text) IS
    'Whether a cell says nothing: blank, or a word for that such as nan, N/A, NULL or aucune.';

-- Small letters of a name without the blanks around it. lower() alone knows other letters in each locale: here the 26
-- of ASCII, and those that French and its neighbours add.
CREATE OR REPLACE FUNCTION extraction_queue_folded(name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN public.extraction_queue_is_empty(name) THEN ''
            ELSE translate(lower(btrim(name, public.extraction_queue_blanks()) COLLATE "C"),
                           'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŸ', 'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþœÿ') END;
COMMENT ON FUNCTION extraction_queue_folded(text) IS
    'A name as the request key compares it: small letters, no blanks around it, whatever the locale.';

-- Every form in which a number was seen. A form is read only where it can be nothing else: what is left over is refused
-- by extraction_queue_unclear. `matching/numbers.py` has the same steps in the same order for what pages show; a test
-- compares them.
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

-- The language of the sentences that the database itself writes.

-- `extractor migrate` makes this function again from the setting LANGUAGE: `en` or `fr`. Users insert with sessions of
-- their own, so no setting of a session could say it.
CREATE OR REPLACE FUNCTION extraction_queue_language()
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'en';
COMMENT ON FUNCTION extraction_queue_language() IS
    'en or fr: the language of the sentences that triggers and statements write; `extractor migrate` sets it.';

-- Both texts of a sentence stand side by side, here and in every statement; a test compares what stands for values.
CREATE OR REPLACE FUNCTION extraction_queue_says(english text, french text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE public.extraction_queue_language() WHEN 'fr' THEN french ELSE english END;
COMMENT ON FUNCTION extraction_queue_says(text, text) IS 'A sentence in the language of this database.';

-- Why a row cannot be asked.

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
        why := public.extraction_queue_says(
            'which a spreadsheet may have made of a longer number: format the cell as text and write every digit',
            'ce qu''un tableur a peut-être fait d''un numéro plus long : mettez la cellule au format Texte et'
            ' inscrivez tous les chiffres');
    ELSIF n ~* ('(^|[^a-z])(' || months || ')([^a-z]|$)') OR n ~ '^[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}' OR n ~ '[0-9]:[0-9]'
          OR n ~ '^(1[89]|20)[0-9]{2}-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])($|[ T])' THEN
        why := public.extraction_queue_says(
            'which looks like a date that a spreadsheet made of the number: format the cell as text and write the'
            ' number again',
            'ce qui ressemble à une date qu''un tableur a tirée du numéro : mettez la cellule au format Texte et'
            ' inscrivez de nouveau le numéro');
    ELSIF n ~ '[^0-9A-Za-zÀ-ÿ \t-]|^-|-$|[0-9](à|À|et|ET|au|AU|to|TO)[0-9]' THEN
        why := public.extraction_queue_says(
            'which is not one whole number: write each number in a row of its own, with digits, letters and hyphens'
            ' only',
            'ce qui n''est pas un seul numéro entier : inscrivez chaque numéro sur sa propre ligne, avec des chiffres,'
            ' des lettres et des traits d''union seulement');
    ELSIF n ~ '[ \t]' THEN
        why := public.extraction_queue_says(
            'which may be two numbers: a blank may stand only between groups of three digits (2 784 195), before a'
            ' letter (24 A) or behind the T of a radiation',
            'ce qui peut être deux numéros : un espace n''est permis qu''entre les groupes de trois chiffres'
            ' (2 784 195), devant une lettre (24 A) ou après le T d''une radiation');
    END IF;
    RETURN CASE WHEN why IS NOT NULL THEN
        format(public.extraction_queue_says('document_number reads as %s, %s', 'document_number se lit %s, %s'),
               quote_literal(replace(n, E'\t', '<tab>')), why) END;
END
$$;
COMMENT ON FUNCTION extraction_queue_unclear(text) IS
    'Why a number may be none or several, as a sentence that names what was read; NULL when it is one.';

-- Returns the sentence that tells what is too long, unreadable or unclear, or NULL. Tabs, and line breaks at the ends,
-- are what a copy from a spreadsheet carries; a line break inside, a control or a reversal of direction can forge a log.
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
            RETURN format(public.extraction_queue_says('%s has %s characters: it may have %s at most',
                                                       '%s compte %s caractères : le maximum est de %s'),
                          names[place], char_length(texts[place]), most);
        ELSIF btrim(texts[place], E' \t\n\x0B\f\r')
              ~ '[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
            RETURN format(public.extraction_queue_says(
                '%s has a line break or another control character: remove it',
                '%s contient un saut de ligne ou un autre caractère de commande : retirez-le'), names[place]);
        END IF;
    END LOOP;
    RETURN public.extraction_queue_unclear(document_number);
END
$$;

-- Returns the sentence that tells what a row lacks, or NULL.
CREATE OR REPLACE FUNCTION extraction_queue_problem(document_source text, document_number text,
                                                    cadastre text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE
        WHEN coalesce(document_source, '') NOT IN ('acte', 'index', 'plan_cadastraux') THEN
            format(public.extraction_queue_says('document_source is %s: it must be acte, index or plan_cadastraux',
                                                'document_source est %s : inscrivez acte, index ou plan_cadastraux'),
                   coalesce(quote_literal(left(document_source, 60)), public.extraction_queue_says('missing', 'vide')))
        WHEN public.extraction_queue_folded(document_number) = '' THEN
            public.extraction_queue_says(
                'document_number is missing: give the lot or the inscription number',
                'document_number est vide : donnez le numéro du lot ou le numéro d''inscription')
        WHEN document_source = 'acte' AND public.extraction_queue_folded(acte_type) = '' THEN
            public.extraction_queue_says(
                'acte_type is missing: an acte needs one of Acte, Avis d''adresse, Radiation, Acte divers',
                'acte_type est vide : un acte exige l''un des types Acte, Avis d''adresse, Radiation, Acte divers')
        WHEN document_source <> 'acte' AND public.extraction_queue_folded(cadastre) = '' THEN
            format(public.extraction_queue_says(
                'cadastre is missing: %s needs one, for example Cadastre du Québec',
                'cadastre est vide : %s en exige un, par exemple Cadastre du Québec'), document_source)
    END
$$;

-- The one question whether a row can be asked: the trigger, an import and a retry all ask it here.
CREATE OR REPLACE FUNCTION extraction_queue_refusal(document_source text, document_number text,
                                                    circonscription_fonciere text, cadastre text,
                                                    designation_secondaire text, acte_type text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(
    public.extraction_queue_problem(document_source, document_number, cadastre, acte_type),
    public.extraction_queue_excess(document_number, circonscription_fonciere, cadastre, designation_secondaire,
                                   acte_type));
COMMENT ON FUNCTION extraction_queue_refusal(text, text, text, text, text, text) IS
    'Why a row cannot be asked, as a sentence; NULL when it can.';

-- Most rows are plain: digits, and names of letters that say something, as `extraction_queue_refusal` and
-- `extraction_queue_request_key` find too, at five times the cost. What is not plain is asked of these; a test compares.
-- STABLE, as concat() is: the planner puts no IMMUTABLE body that calls it in the place of the call.
CREATE OR REPLACE FUNCTION extraction_queue_is_plain(
    document_source text, document_number text, circonscription_fonciere text, cadastre text,
    designation_secondaire text, acte_type text)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE document_source WHEN 'acte' THEN coalesce(acte_type, '')
                            WHEN 'index' THEN coalesce(cadastre, '')
                            WHEN 'plan_cadastraux' THEN coalesce(cadastre, '')
                            ELSE '' END <> ''
       AND coalesce(document_number, '') <> '' AND translate(document_number, '0123456789', '') = ''
       AND octet_length(document_number) <= 60
       AND octet_length(concat(circonscription_fonciere, cadastre, designation_secondaire, acte_type)) <= 200
       AND concat('|', circonscription_fonciere, '|', cadastre, '|', designation_secondaire, '|', acte_type, '|')
           !~ '[^0-9A-Za-zÀ-ÿ ''’.,()|-]| [|]|[|] |[|][.-]'
       AND lower(coalesce(circonscription_fonciere, '') COLLATE "C") NOT IN (
           'nan', 'n.a.', 'na', 'nd', 'nil', 'null', '(null)', 'none', 'aucun', 'aucune', 's.o.', 'sans objet', 'vide',
           '(vide)', 'néant', 'nÉant')
       AND lower(coalesce(cadastre, '') COLLATE "C") NOT IN (
           'nan', 'n.a.', 'na', 'nd', 'nil', 'null', '(null)', 'none', 'aucun', 'aucune', 's.o.', 'sans objet', 'vide',
           '(vide)', 'néant', 'nÉant')
       AND lower(coalesce(designation_secondaire, '') COLLATE "C") NOT IN (
           'nan', 'n.a.', 'na', 'nd', 'nil', 'null', '(null)', 'none', 'aucun', 'aucune', 's.o.', 'sans objet', 'vide',
           '(vide)', 'néant', 'nÉant')
       AND lower(coalesce(acte_type, '') COLLATE "C") NOT IN (
           'nan', 'n.a.', 'na', 'nd', 'nil', 'null', '(null)', 'none', 'aucun', 'aucune', 's.o.', 'sans objet', 'vide',
           '(vide)', 'néant', 'nÉant');
COMMENT ON FUNCTION extraction_queue_is_plain(text, text, text, text, text, text) IS
    'Whether a request can be asked, and its key is its letters as they stand; false says nothing.';

-- A person may write text of any length into a column of that name that the table has already: only ours is bounded.
CREATE OR REPLACE FUNCTION extraction_queue_reference_problem(reference text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN char_length(reference) > 200 THEN
        format(public.extraction_queue_says('reference has %s characters: it may have 200 at most',
                                            'reference compte %s caractères : le maximum est de 200'),
               char_length(reference))
    WHEN btrim(reference, E' \t\n\x0B\f\r') ~ '[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
        public.extraction_queue_says(
            'reference has a line break or another control character: remove it',
            'reference contient un saut de ligne ou un autre caractère de commande : retirez-le')
END;
COMMENT ON FUNCTION extraction_queue_reference_problem(text) IS
    'Why a row cannot have this reference, as a sentence; NULL when it can.';

-- Rows and their attempts.

-- What a person types for an id, or a message carries, may be any text; the column that it is compared with may be a
-- uuid, a whole number or a text. Immutable, so that the planner puts the value in the place of the call and uses the
-- index.
CREATE OR REPLACE FUNCTION extraction_queue_id(value text)
RETURNS extraction_queue.id%TYPE LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = '' AS $$
DECLARE
    id public.extraction_queue.id%TYPE;
BEGIN
    id := value;  -- not RETURN value: what a RETURN casts is cast outside of the block, and no handler catches it
    RETURN id;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION extraction_queue_id(text) IS
    'The text as an id of extraction_queue; NULL for one that no row of this table can have.';

CREATE OR REPLACE FUNCTION extraction_queue_max_attempts(max_attempts integer)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(max_attempts, 3);
COMMENT ON FUNCTION extraction_queue_max_attempts(integer) IS 'The attempts of a row: 3 where the row does not say.';

-- Until then only the workers on that disk may take the row, for its upload; afterwards any worker may, and buys.
CREATE OR REPLACE FUNCTION extraction_queue_is_spooled(spooled_on uuid, spooled_until timestamptz)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN spooled_on IS NOT NULL AND coalesce(spooled_until > now(), false);
COMMENT ON FUNCTION extraction_queue_is_spooled(uuid, timestamptz) IS
    'Whether the row waits for the disk that has its bought document.';

-- Of what the row asks for now: after an edit it is another request, with a limit of its own.
CREATE OR REPLACE FUNCTION extraction_queue_consultations(job_id extraction_queue.id%TYPE)
RETURNS bigint LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
RETURN (SELECT count(DISTINCT (k.attempt_id, k.consultation)) FILTER (WHERE k.free_at IS NULL)
        FROM public.extraction_clicks k
        LEFT JOIN public.extraction_attempts t ON t.id = k.attempt_id
        LEFT JOIN public.extraction_queue q ON q.id = k.job_id
        WHERE k.job_id = extraction_queue_consultations.job_id
          AND coalesce(t.request_key, q.request_key) IS NOT DISTINCT FROM q.request_key);
COMMENT ON FUNCTION extraction_queue_consultations IS
    'Consultations of what a row asks for now, each perhaps charged.';

-- The registry's calendar, and what a day cost.

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

CREATE OR REPLACE FUNCTION registry_day(moment timestamptz)
RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (moment AT TIME ZONE public.registry_time_zone())::date;
COMMENT ON FUNCTION registry_day(timestamptz) IS 'The day of the registry''s calendar in which a moment lies.';

CREATE OR REPLACE FUNCTION extraction_attempt_steps(
    started_at timestamptz, consultation_at timestamptz, document_saved_at timestamptz, uploaded_at timestamptz,
    finished_at timestamptz, outcome text)
RETURNS TABLE (name text, seconds double precision) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 4
BEGIN ATOMIC
    SELECT step.name, step.seconds
    FROM (VALUES
        ('request', date_part('epoch', consultation_at - started_at)),  -- extract() makes a numeric first
        ('document', date_part('epoch', document_saved_at - consultation_at)),
        ('storage', date_part('epoch', uploaded_at - coalesce(document_saved_at, started_at))),
        ('whole', CASE WHEN outcome = 'completed' THEN date_part('epoch', finished_at - started_at) END)
    ) AS step (name, seconds)
    WHERE step.seconds IS NOT NULL;
END;
COMMENT ON FUNCTION extraction_attempt_steps(timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, text) IS
    'How many seconds each step of an attempt took; a step that did not end is left out.';

-- What is read row by row: days that no bridge has closed, and those that were reopened since. The last one has no end, so
-- that no clock hides a click. A function with a setting is not put into the statements that call it: the calendar is
-- looked through once, and the planner expects ROWS days, where it would expect hundreds and choose and compile plans for
-- them. Not fewer, or it would join what two open days have in nested loops.
CREATE OR REPLACE FUNCTION extraction_list_open_days()
RETURNS TABLE (day date, begins timestamptz, ends timestamptz) LANGUAGE sql STABLE ROWS 10 SET search_path = ''
BEGIN ATOMIC
    SELECT calendar.day, calendar.day::timestamp AT TIME ZONE public.registry_time_zone(),
           CASE WHEN calendar.day < last.day
                THEN (calendar.day + 1)::timestamp AT TIME ZONE public.registry_time_zone() ELSE 'infinity' END
    FROM (SELECT public.registry_day(now()) AS day) AS last
    CROSS JOIN LATERAL (
        SELECT first.day + n AS day
        FROM (SELECT public.registry_day(least((SELECT min(clicked_at) FROM public.extraction_clicks
                                                WHERE free_at IS NULL),
                                               (SELECT min(finished_at) FROM public.extraction_attempts
                                                WHERE finished_at IS NOT NULL), now())) AS day) AS first
        CROSS JOIN LATERAL generate_series(0, last.day - first.day) AS n) AS calendar
    WHERE NOT EXISTS (SELECT FROM public.extraction_closed_days c WHERE c.day = calendar.day)
       OR EXISTS (SELECT FROM public.extraction_reopened_days r WHERE r.day = calendar.day);
END;
COMMENT ON FUNCTION extraction_list_open_days() IS 'The days of the view extraction_open_days.';

CREATE OR REPLACE VIEW extraction_open_days WITH (security_invoker = true) AS
SELECT d.day, d.begins, d.ends FROM public.extraction_list_open_days() AS d;
COMMENT ON VIEW extraction_open_days IS 'The days of the registry''s calendar that are read row by row.';

-- The sums of all other days, and of what was pruned.
CREATE OR REPLACE VIEW extraction_closed_sums WITH (security_invoker = true) AS
SELECT s.day, s.kind, s.document_source, s.account_id, s.outcome, s.name, s.bucket, s.number, s.uploads, s.seconds
FROM public.extraction_days s
WHERE s.is_pruned
   OR (EXISTS (SELECT FROM public.extraction_closed_days c WHERE c.day = s.day)
       AND NOT EXISTS (SELECT FROM public.extraction_reopened_days r WHERE r.day = s.day));
COMMENT ON VIEW extraction_closed_sums IS 'The sums of all days that extraction_open_days does not have, and of what was pruned.';

-- A consultation has the day of its last click that is not free. Each OFFSET 0 keeps the planner from reading all clicks.
CREATE OR REPLACE VIEW extraction_open_consultations WITH (security_invoker = true) AS
SELECT d.day, k.job_id, k.attempt_id, k.consultation, k.document_source, k.account_id, k.clicked_at
FROM public.extraction_open_days d
CROSS JOIN LATERAL (
    SELECT k.* FROM public.extraction_clicks k
    WHERE k.free_at IS NULL AND k.clicked_at >= d.begins AND k.clicked_at < d.ends
      AND NOT EXISTS (SELECT FROM public.extraction_clicks later
                      WHERE later.attempt_id = k.attempt_id AND later.consultation = k.consultation
                        AND later.free_at IS NULL AND later.document_source = k.document_source
                        AND later.account_id IS NOT DISTINCT FROM k.account_id
                        AND (later.clicked_at, later.id) > (k.clicked_at, k.id)
                      OFFSET 0)
    OFFSET 0) AS k;
COMMENT ON VIEW extraction_open_consultations IS
    'Every consultation of extraction_open_days, perhaps charged, with the moment of its last click.';

-- Never pruned: a row that waits or runs, or whose document lies in a spool; one with an attempt that goes on, or an event
-- that a receiver has not taken; one that was perhaps paid twice, since `spend` names its consultations; and the row of a
-- source's last document, from which the stop counts when money brings nothing.
CREATE OR REPLACE VIEW extraction_prunable WITH (security_invoker = true) AS
SELECT q.id, q.completed_at, greatest(q.completed_at, past.latest_at) AS latest_at
FROM public.extraction_queue q
CROSS JOIN LATERAL (
    SELECT greatest((SELECT max(t.finished_at) FROM public.extraction_attempts t WHERE t.job_id = q.id),
                    (SELECT max(k.clicked_at) FROM public.extraction_clicks k WHERE k.job_id = q.id)) AS latest_at
    OFFSET 0) AS past
WHERE q.status IN ('Complété', 'Erreur') AND q.completed_at IS NOT NULL AND q.spooled_on IS NULL
  AND NOT EXISTS (SELECT FROM public.extraction_attempts t WHERE t.job_id = q.id AND t.finished_at IS NULL OFFSET 0)
  AND NOT EXISTS (SELECT FROM public.webhook_deliveries d WHERE d.job_id = q.id)
  AND NOT EXISTS (SELECT FROM public.extraction_clicks k
                  WHERE k.job_id = q.id
                    AND k.document_saved_at = (SELECT max(l.document_saved_at) FROM public.extraction_clicks l
                                               WHERE l.document_source = k.document_source
                                                 AND l.document_saved_at IS NOT NULL)
                  OFFSET 0)
  AND (SELECT count(DISTINCT (k.attempt_id, k.consultation)) FROM public.extraction_clicks k
       WHERE k.job_id = q.id AND k.free_at IS NULL) <= 1;
COMMENT ON VIEW extraction_prunable IS
    'The rows that `extractor prune` may delete once latest_at, the end of the last thing that happened to them, is old.';

-- A consultation is counted on the day of each of its clicks that is not free: one that goes on past midnight counts on
-- both.
CREATE OR REPLACE FUNCTION registry_consultations_today()
RETURNS bigint LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
RETURN (SELECT count(DISTINCT (k.attempt_id, k.consultation)) FROM public.extraction_clicks k
        WHERE k.free_at IS NULL AND k.clicked_at >= public.registry_today());
COMMENT ON FUNCTION registry_consultations_today() IS 'Consultations of the registry''s day, each perhaps charged.';

-- Accounts, sessions, sources, processes.

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

CREATE OR REPLACE FUNCTION worker_accounts_user_code(username text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN upper(btrim(coalesce(username, ''), public.extraction_queue_blanks()) COLLATE "C");
COMMENT ON FUNCTION worker_accounts_user_code(text) IS
    'The user code that a username means: without the blanks around it, whatever the case.';

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
COMMENT ON FUNCTION worker_accounts_condition(worker_accounts, text[]) IS
    'The one condition of an account for a caller with these keys: disabled, failing, resting, leased, sealed or usable.';

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

CREATE OR REPLACE FUNCTION source_control_is_broken(broken_until timestamptz)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(broken_until > now(), false);
COMMENT ON FUNCTION source_control_is_broken(timestamptz) IS
    'Whether the breaker of a source is open: no row of it is sent. It is probed when this is false and broken_until is not NULL.';

-- Six beats: one may be lost, and a restart of the database costs two or three.
CREATE OR REPLACE FUNCTION process_state(said text, last_heartbeat timestamptz, beat_seconds double precision)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN said = 'offline' OR last_heartbeat > now() - make_interval(secs => 6 * beat_seconds) THEN said
    ELSE 'silent'
END;
COMMENT ON FUNCTION process_state(text, timestamptz, double precision) IS
    'The state of a worker process or a bridge: what it said last, or silent once it missed six beats without saying offline.';
