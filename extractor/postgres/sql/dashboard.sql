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
    SELECT day, sum(consultations)::bigint AS consultations
    FROM (SELECT k.day, count(*) AS consultations
          FROM (SELECT DISTINCT d.day, k.attempt_id, k.consultation
                FROM public.extraction_open_days d
                CROSS JOIN LATERAL (SELECT * FROM public.extraction_clicks k
                                    WHERE k.free_at IS NULL AND k.clicked_at >= d.begins AND k.clicked_at < d.ends
                                    OFFSET 0) AS k
                WHERE d.begins >= public.registry_today() - make_interval(days => %(days)s)) AS k
          GROUP BY 1
          UNION ALL
          SELECT day, number FROM public.extraction_closed_sums WHERE kind = 'clicked') AS both_kinds
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
SELECT n.error_code, n.stopped, n.waiting, latest.at AS latest_at, latest.message AS latest_message
FROM (SELECT error_code, coalesce(sum(rows) FILTER (WHERE status = 'Erreur'), 0)::bigint AS stopped,
             coalesce(sum(rows) FILTER (WHERE status = 'En attente'), 0)::bigint AS waiting
      FROM public.extraction_counts
      WHERE error_code <> '' AND status IN ('Erreur', 'En attente')
      GROUP BY error_code
      HAVING sum(rows) <> 0) AS n
CROSS JOIN LATERAL (
    SELECT coalesce(q.completed_at, q.updated_at, q.created_at) AS at, left(q.error_message, 200) AS message
    FROM public.extraction_queue q
    WHERE q.error_code = n.error_code AND q.status IN ('Erreur', 'En attente')
    ORDER BY coalesce(q.completed_at, q.updated_at, q.created_at) DESC
    LIMIT 1) AS latest
ORDER BY latest_at DESC, error_code;
