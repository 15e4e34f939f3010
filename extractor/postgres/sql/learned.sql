-- What is known of the registry's forms (REQUESTS=learned), and whether requests may be sent by it.

-- offered --
-- The circonscriptions that a source's form offers, while learned requests of this site may be sent.
-- source, site, any
SELECT f.learned
FROM public.learned_control c JOIN public.learned_forms f USING (document_source)
WHERE c.document_source = %(source)s AND c.site = %(site)s AND coalesce(c.closed_until, '-infinity') <= now()
  AND f.circonscription = %(any)s;

-- of_circonscription --
-- The list of cadastres, and every place, of a circonscription.
-- source, circonscription
SELECT cadastre, learned FROM public.learned_forms
WHERE document_source = %(source)s AND circonscription = %(circonscription)s;

-- begin --
-- A row when a learned request may be sent now: until enough documents are verified, one at a time.
-- source, site, trusted, trial_seconds
WITH tried AS (
    UPDATE public.learned_control
    SET trial_until = now() + make_interval(secs => %(trial_seconds)s)
    WHERE document_source = %(source)s AND site = %(site)s AND coalesce(closed_until, '-infinity') <= now()
      AND verified < %(trusted)s AND coalesce(trial_until, '-infinity') <= now()
    RETURNING document_source
)
SELECT document_source FROM tried
UNION ALL
SELECT document_source FROM public.learned_control
WHERE document_source = %(source)s AND site = %(site)s AND coalesce(closed_until, '-infinity') <= now()
  AND verified >= %(trusted)s;

-- lock --
-- One submit at a time teaches a source.
-- source
SELECT site FROM public.learned_control WHERE document_source = %(source)s FOR UPDATE;

-- begin_site --
-- Another site map, address or program: nothing that was learned holds.
-- source, site
UPDATE public.learned_control
SET site = %(site)s, verified = 0, unexpected = 0, trial_until = NULL
WHERE document_source = %(source)s;

-- keep --
-- source, circonscription, cadastre, learned
INSERT INTO public.learned_forms (document_source, circonscription, cadastre, learned)
VALUES (%(source)s, %(circonscription)s, %(cadastre)s, %(learned)s)
ON CONFLICT (document_source, circonscription, cadastre)
DO UPDATE SET learned = excluded.learned, learned_at = now();

-- forget --
-- Everything of a source, or of a circonscription, or one place; NULL stands for all.
-- source, circonscription, cadastre
DELETE FROM public.learned_forms
WHERE document_source = %(source)s
  AND circonscription = coalesce(%(circonscription)s, circonscription) AND cadastre = coalesce(%(cadastre)s, cadastre);

-- note_hindrance --
-- A form that changed proves itself again, as a new one does.
-- source, hindrance
UPDATE public.learned_control
SET hindrance = %(hindrance)s, verified = CASE WHEN %(hindrance)s::text IS NULL THEN verified ELSE 0 END
WHERE document_source = %(source)s AND hindrance IS DISTINCT FROM %(hindrance)s;

-- note_verified --
-- A learned request brought a document that says it is the right one.
-- source, trusted
UPDATE public.learned_control
SET verified = least(verified + 1, %(trusted)s), unexpected = 0, trial_until = NULL
WHERE document_source = %(source)s AND (verified < %(trusted)s OR unexpected > 0 OR trial_until IS NOT NULL);

-- note_unexpected --
-- Another answer than the form's; returns how many that are in succession.
-- source
UPDATE public.learned_control SET unexpected = unexpected + 1, trial_until = NULL
WHERE document_source = %(source)s
RETURNING unexpected;

-- end_trial --
-- source
UPDATE public.learned_control SET trial_until = NULL WHERE document_source = %(source)s AND trial_until IS NOT NULL;

-- close --
-- source, why, closed_seconds
WITH forgotten AS (DELETE FROM public.learned_forms WHERE document_source = %(source)s)
UPDATE public.learned_control
SET closed_until = now() + make_interval(secs => %(closed_seconds)s), closed_why = %(why)s, verified = 0, unexpected = 0,
    trial_until = NULL
WHERE document_source = %(source)s;

-- conditions --
-- What `extractor doctor` says of each source.
SELECT c.document_source AS source, c.verified, c.hindrance, c.closed_why,
       CASE WHEN c.closed_until > now() THEN c.closed_until END AS closed_until,
       (SELECT count(*) FROM public.learned_forms f
        WHERE f.document_source = c.document_source AND f.cadastre <> '*') AS places
FROM public.learned_control c
ORDER BY c.document_source;
