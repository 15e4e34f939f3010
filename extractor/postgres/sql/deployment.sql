-- Which deployment a database is.

-- deployment --
-- A dump that was restored elsewhere has the moments of its original, and a copy on this server too: hence the server
-- and the name beside them.
SELECT md5((SELECT system_identifier::text FROM pg_catalog.pg_control_system()) || ' ' || current_database() || ' '
           || (SELECT extract(epoch FROM min(applied_at))::text FROM public.extractor_migrations)) AS id,
       current_database() AS name;
