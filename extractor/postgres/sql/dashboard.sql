-- What only the dashboard asks: the last days, and failures by their code. It changes nothing.

-- days --
-- The last days of the registry's calendar, the first one first: rows that ended, and consultations not known to be free.
-- days (how many, with today)
WITH calendar AS (
    SELECT (now() AT TIME ZONE public.registry_time_zone())::date - n AS day FROM generate_series(0, %(days)s - 1) AS n
), ended AS (
    SELECT (completed_at AT TIME ZONE public.registry_time_zone())::date AS day,
           count(*) FILTER (WHERE status = 'Complété') AS completed, count(*) FILTER (WHERE status = 'Erreur') AS failed
    FROM public.extraction_queue
    WHERE completed_at >= public.registry_today() - make_interval(days => %(days)s)
    GROUP BY 1
), paid AS (
    SELECT (clicked_at AT TIME ZONE public.registry_time_zone())::date AS day,
           count(DISTINCT (attempt_id, consultation)) AS consultations
    FROM public.extraction_clicks
    WHERE free_at IS NULL AND clicked_at >= public.registry_today() - make_interval(days => %(days)s)
    GROUP BY 1
)
SELECT day, coalesce(completed, 0) AS completed, coalesce(failed, 0) AS failed,
       coalesce(consultations, 0) AS consultations
FROM calendar
LEFT JOIN ended USING (day)
LEFT JOIN paid USING (day)
ORDER BY day;

-- failures --
-- Rows by the code of their last failure: those that stopped, and those that wait to be tried again. The latest first.
SELECT error_code, count(*) FILTER (WHERE status = 'Erreur') AS stopped,
       count(*) FILTER (WHERE status = 'En attente') AS waiting,
       max(coalesce(completed_at, updated_at, created_at)) AS latest_at,
       (array_agg(left(error_message, 200) ORDER BY coalesce(completed_at, updated_at, created_at) DESC))[1] AS latest_message
FROM public.extraction_queue
WHERE error_code IS NOT NULL AND status IN ('Erreur', 'En attente')
GROUP BY error_code
ORDER BY latest_at DESC, error_code;
