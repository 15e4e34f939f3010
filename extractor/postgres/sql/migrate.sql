-- What `extractor migrate` asks before it changes anything.

-- holders --
-- lock_key
SELECT DISTINCT a.pid, a.usename::text AS role, nullif(a.application_name, '') AS program, a.state, a.xact_start AS since
FROM pg_locks AS l
JOIN pg_stat_activity AS a USING (pid)
WHERE l.granted AND a.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.locktype = 'advisory' AND l.objid = %(lock_key)s
       OR l.relation IN (to_regclass('public.extraction_queue'), to_regclass('public.worker_accounts'),
                         to_regclass('public.worker_status')))
ORDER BY since NULLS LAST, pid;

-- server --
-- What the migrations need of the server and the role.
SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS version_text,
       current_setting('transaction_read_only')::boolean AS read_only, pg_is_in_recovery() AS replica,
       current_setting('server_encoding') AS encoding, current_user AS role,
       to_regnamespace('public') IS NOT NULL AS has_public,
       has_database_privilege(current_database(), 'TEMP') AS may_look,
       to_regnamespace('public') IS NOT NULL AND has_schema_privilege('public', 'CREATE') AS may_create;

-- relations --
-- Those of the given names that are there. names
SELECT c.relname::text AS name, c.relkind::text AS kind, pg_get_userbyid(c.relowner)::text AS owner,
       pg_has_role(c.relowner, 'USAGE') AS may_change, current_user::text AS role, c.relforcerowsecurity AS forces,
       c.relkind = 'r' AND c.relpersistence = 'u' AS is_unlogged,
       (SELECT min(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = c.oid) AS child,
       (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user) AS bypasses,
       ARRAY(SELECT a.attname::text FROM pg_index i
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.attnotnull
             WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
               AND i.indnkeyatts = 1) AS keys,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) AS has_primary,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
       OR c.relreplident IN ('f', 'i') OR NOT EXISTS (
           SELECT FROM pg_publication_tables t JOIN pg_publication p USING (pubname)
           WHERE t.schemaname = 'public' AND t.tablename = c.relname AND p.pubupdate) AS can_be_published
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s)
ORDER BY c.relname;

-- elsewhere --
-- Tables of the given names in other schemas on the role's search path, when public has none of that name. names
SELECT c.relname::text AS name, n.nspname::text AS schema
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = ANY(%(names)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname <> 'public' AND n.nspname::text IN (
      SELECT unnest(string_to_array(translate(reset_val, ' "', ''), ',')) FROM pg_settings WHERE name = 'search_path')
  AND to_regclass(format('public.%%I', c.relname)) IS NULL
ORDER BY 1, 2;

-- columns --
-- Each column of those tables in public, beside the one that the migrations make, which stand in pg_temp. names
SELECT c.relname::text AS table, a.attname::text AS name, t.typname::text AS type, t.typtype::text AS kind,
       format_type(a.atttypid, a.atttypmod) AS shown,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS letters,
       a.attnotnull AS not_null, a.attgenerated <> '' AS generated,
       a.attidentity <> '' OR a.atthasdef AS has_default, pg_get_expr(d.adbin, d.adrelid) AS default,
       w.typname::text AS wanted, e.attnotnull AS wanted_not_null, e.attname IS NOT NULL AS known
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_attribute AS e ON e.attrelid = to_regclass('pg_temp.' || quote_ident(c.relname)) AND e.attname = a.attname
                               AND e.attnum > 0 AND NOT e.attisdropped
LEFT JOIN pg_type AS w ON w.oid = e.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s)
ORDER BY c.relname, a.attnum;

-- lacking --
-- Columns that a table which is there does not have. names
SELECT c.relname::text AS table, e.attname::text AS name
FROM pg_class AS c
JOIN pg_attribute AS e ON e.attrelid = to_regclass('pg_temp.' || quote_ident(c.relname))
                          AND e.attnum > 0 AND NOT e.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s)
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = e.attname AND NOT a.attisdropped)
ORDER BY 1, e.attnum;

-- row_id_type --
-- As pg_type names it; no row where there is no table yet.
SELECT t.typname::text AS type
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass('public.extraction_queue') AND a.attname = 'id';

-- odd_ids --
-- Ids of rows after which no file can be named; where ids are text.
SELECT count(*) AS odd, min(id::text) AS example
FROM public.extraction_queue WHERE id::text !~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$';

-- rehearse_insert --
-- As `extractor add` makes a row.
INSERT INTO public.extraction_queue (document_source, document_number, circonscription_fonciere, cadastre)
VALUES ('index', '1', 'Montréal', 'Cadastre du Québec') RETURNING id;

-- rehearse_existing --
SELECT id FROM public.extraction_queue WHERE status IN ('En attente', 'Complété', 'Erreur') LIMIT 1;

-- rehearse_claim --
-- id. Without a lease, so that the trigger takes the next step for a worker's.
UPDATE public.extraction_queue
SET status = 'En traitement', processing_started_at = now(), attemtps = 1, worker_id = 'rehearsal'
WHERE id = %(id)s;

-- rehearse_completion --
-- id
UPDATE public.extraction_queue
SET status = 'Complété', supabase_path = 'index/' || repeat('a', 400), completed_at = now(), error_message = NULL
WHERE id = %(id)s;

-- rehearse_failure --
-- id
UPDATE public.extraction_queue
SET status = 'Erreur', error_code = 'unexpected', error_message = repeat('a', 1000), supabase_path = NULL
WHERE id = %(id)s;

-- rehearse_retry --
-- id
UPDATE public.extraction_queue SET status = 'En attente' WHERE id = %(id)s;
