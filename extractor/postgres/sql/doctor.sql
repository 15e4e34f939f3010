-- What `extractor doctor` and `extractor setup` ask of the database; it changes nothing.

-- published_tables --
-- What the publication of Supabase's Realtime tells subscribers of; no row where there is no such publication.
SELECT coalesce(array_agg(t.tablename::text) FILTER (WHERE t.schemaname = 'public'), '{}') AS names,
       p.puballtables AS sends_all
FROM pg_publication AS p
LEFT JOIN pg_publication_tables AS t USING (pubname)
WHERE p.pubname = 'supabase_realtime'
GROUP BY p.pubname, p.puballtables;
