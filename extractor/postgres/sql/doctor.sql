-- What `extractor doctor` and `extractor setup` ask of the database; it changes nothing.

-- count_accounts --
-- How many accounts are in each condition, each account in exactly one; how long the first of the resting ones rests.
-- max_failures, openable
SELECT count(*) AS total,
       count(*) FILTER (WHERE condition = 'sealed') AS sealed,
       count(*) FILTER (WHERE condition = 'disabled') AS disabled,
       count(*) FILTER (WHERE condition = 'failing') AS failing,
       count(*) FILTER (WHERE condition = 'resting') AS resting,
       count(*) FILTER (WHERE condition = 'leased') AS leased,
       count(*) FILTER (WHERE condition = 'usable') AS usable,
       ceil(extract(epoch FROM min(resting_until) FILTER (WHERE condition = 'resting') - now()) / 60) AS rest_minutes
FROM (
    SELECT resting_until,
           CASE
               WHEN NOT coalesce(is_active, false) THEN 'disabled'
               WHEN coalesce(failure_count, 0) >= %(max_failures)s THEN 'failing'
               WHEN starts_with(password, 'sealed:')
                    AND NOT EXISTS (SELECT FROM unnest(%(openable)s::text[]) AS seal WHERE starts_with(password, seal))
                   THEN 'sealed'
               WHEN resting_until > now() THEN 'resting'
               WHEN lease_id IS NOT NULL AND lease_expires_at > now() THEN 'leased'
               ELSE 'usable'
           END AS condition
    FROM worker_accounts
) AS accounts;

-- published_tables --
-- What the publication of Supabase's Realtime tells subscribers of; no row where there is no such publication.
SELECT coalesce(array_agg(t.tablename::text) FILTER (WHERE t.schemaname = 'public'), '{}') AS names,
       p.puballtables AS sends_all
FROM pg_publication AS p
LEFT JOIN pg_publication_tables AS t USING (pubname)
WHERE p.pubname = 'supabase_realtime'
GROUP BY p.pubname, p.puballtables;
