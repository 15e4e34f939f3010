-- What `extractor doctor` and `extractor setup` ask of the database; it changes nothing.

-- published_tables --
-- What the publication of Supabase's Realtime tells subscribers of; no row where there is no such publication.
SELECT coalesce(array_agg(t.tablename::text) FILTER (WHERE t.schemaname = 'public'), '{}') AS names,
       p.puballtables AS sends_all
FROM pg_publication AS p
LEFT JOIN pg_publication_tables AS t USING (pubname)
WHERE p.pubname = 'supabase_realtime'
GROUP BY p.pubname, p.puballtables;

-- server --
-- Whether the server takes writes; a replica never does.
SELECT pg_is_in_recovery() AS is_replica, current_setting('transaction_read_only')::boolean AS is_read_only;

-- openings --
-- Where the system's tables are open to people who are no part of it: one row for each place, with the SQL that closes
-- it. `what` names the kind; extractor/doctor/openings.py has the sentence for it. No row: all is closed.
WITH RECURSIVE api AS (  -- the roles of Supabase's Data API, and everybody
    SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname IN ('anon', 'authenticated')
    UNION ALL
    SELECT 0, 'PUBLIC'
),
named AS (
    SELECT name, to_regclass(name)::oid AS oid
    FROM unnest(ARRAY['extraction_queue', 'worker_accounts', 'worker_status', 'extraction_attempts',
                      'extraction_clicks', 'source_control', 'bridge_status', 'registry_logins',
                      'registry_sessions', 'extraction_events', 'webhook_deliveries', 'event_control',
                      'learned_forms', 'learned_control', 'extraction_counts', 'extraction_days',
                      'extraction_closed_days', 'extraction_reopened_days', 'extraction_paid_again']) AS name
),
ours AS (
    SELECT n.name, n.oid, c.relrowsecurity, c.relacl, c.relowner, c.relnamespace, n.oid::regclass::text AS place
    FROM named n JOIN pg_class c USING (oid)
),
granted AS (  -- on the whole table, or on columns of it
    SELECT o.oid, x.grantee, x.privilege_type
    FROM ours o, aclexplode(coalesce(o.relacl, acldefault('r', o.relowner))) AS x
    UNION
    SELECT o.oid, x.grantee, x.privilege_type
    FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid, aclexplode(a.attacl) AS x
),
rights AS (
    SELECT DISTINCT o.name, o.place, a.name AS role, g.privilege_type AS privilege
    FROM granted g
    JOIN ours o USING (oid)
    JOIN api a ON CASE WHEN 0::oid IN (g.grantee, a.oid) THEN g.grantee = a.oid
                       ELSE pg_has_role(a.oid, g.grantee, 'MEMBER') END
),
permitted AS (  -- by a policy on the queue, where the role has the table's right too
    SELECT DISTINCT o.place, p.polname, a.name AS role, c.name AS command,
           CASE c.letter WHEN 'a' THEN coalesce(with_check, using_) WHEN 'w' THEN concat_ws(' ', using_, with_check)
                         ELSE using_ END AS condition
    FROM pg_policy p
    JOIN ours o ON o.oid = p.polrelid AND o.name = 'extraction_queue'
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS using_,
                               pg_get_expr(p.polwithcheck, p.polrelid) AS with_check) AS said
    JOIN (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE')) AS c (letter, name)
        ON p.polcmd::text IN ('*', c.letter)
    JOIN api a ON 0 = ANY (p.polroles)
        OR a.oid <> 0 AND EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE r <> 0 AND pg_has_role(a.oid, r, 'MEMBER'))
    WHERE p.polpermissive
      AND EXISTS (SELECT FROM rights r
                  WHERE r.name = 'extraction_queue' AND r.role IN (a.name, 'PUBLIC') AND r.privilege = c.name)
),
judged AS (  -- is it about one user, and can it hold for somebody who is not logged in? `IS NOT NULL` is any user
    SELECT *, regexp_replace(condition, '(\( *SELECT +)?auth\.uid\(\)( +AS +uid *\))? IS NOT NULL', '', 'gi')
                  ~* '(uid|jwt|email) *\(|current_setting|current_user|session_user|service_role' AS is_about_user,
           condition ~* '(uid|jwt|email) *\(|authenticated|service_role' AS needs_login
    FROM permitted
    WHERE condition <> ''
),
loose AS (
    SELECT *, CASE WHEN role = 'authenticated' THEN 'writable_by_users' WHEN command = 'SELECT' THEN 'readable'
                   ELSE 'writable' END AS what
    FROM judged
    WHERE CASE WHEN role = 'authenticated' THEN command <> 'SELECT' AND NOT is_about_user ELSE NOT needs_login END
),
seen AS (  -- every view that shows a table, also through another view
    SELECT w.ev_class AS view, o.place, o.name
    FROM ours o
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = o.oid
                    AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class <> o.oid
    UNION
    SELECT w.ev_class, s.place, s.name
    FROM seen s
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.view
                    AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class <> s.view
),
shown AS (
    SELECT v.oid::regclass::text AS view, v.relkind, string_agg(DISTINCT s.place, ', ') AS place,
           string_agg(DISTINCT a.name, ', ') AS roles
    FROM seen s
    JOIN pg_class v ON v.oid = s.view AND v.relkind IN ('v', 'm')
    CROSS JOIN LATERAL aclexplode(coalesce(v.relacl, acldefault('r', v.relowner))) AS x
    JOIN api a ON a.oid = x.grantee
    WHERE NOT EXISTS (SELECT FROM pg_options_to_table(v.reloptions)
                      WHERE option_name = 'security_invoker' AND option_value::boolean)
    GROUP BY v.oid, v.relkind
)
SELECT 'missing' AS what, name AS place, NULL AS roles, NULL AS detail, NULL AS cure
FROM named WHERE oid IS NULL
UNION ALL
SELECT 'unprotected', place, NULL, NULL, format('ALTER TABLE %%s ENABLE ROW LEVEL SECURITY', place)
FROM ours WHERE NOT relrowsecurity
UNION ALL
SELECT 'open', place, string_agg(DISTINCT role, ', '), string_agg(DISTINCT privilege, ', '),
       format('REVOKE ALL ON %%s FROM %%s', place, string_agg(DISTINCT role, ', '))
FROM rights
WHERE CASE name
          WHEN 'extraction_queue' THEN privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
          WHEN 'worker_accounts' THEN true
          ELSE role <> 'authenticated'
      END
GROUP BY place, name = 'extraction_queue'
UNION ALL
SELECT what, place, string_agg(DISTINCT role, ', '), format('%%s: %%s', polname, string_agg(DISTINCT command, ', ')),
       format('DROP POLICY %%I ON %%s', polname, place)
FROM loose l
WHERE what = 'writable'  -- the worst of a policy is enough
   OR NOT EXISTS (SELECT FROM loose w WHERE w.polname = l.polname AND w.what = 'writable')
GROUP BY what, place, polname
UNION ALL
SELECT 'function', p.oid::regprocedure::text, string_agg(DISTINCT a.name, ', '), NULL,
       format('REVOKE EXECUTE ON FUNCTION %%s FROM %%s', p.oid::regprocedure, string_agg(DISTINCT a.name, ', '))
FROM ours o
JOIN pg_proc p ON p.pronamespace = o.relnamespace AND o.name = 'extraction_queue'
CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
JOIN api a ON a.oid = x.grantee AND a.name <> 'authenticated'
WHERE p.proname IN ('extraction_attempt_steps', 'extraction_list_open_days', 'extraction_queue_blanks',
                    'extraction_queue_claim', 'extraction_queue_complete', 'extraction_queue_consultations', 'extraction_queue_edit',
                    'extraction_queue_excess', 'extraction_queue_folded', 'extraction_queue_id',
                    'extraction_queue_is_empty', 'extraction_queue_is_plain', 'extraction_queue_is_spooled',
                    'extraction_queue_language',
                    'extraction_queue_max_attempts', 'extraction_queue_normalized', 'extraction_queue_problem',
                    'extraction_queue_reference_problem', 'extraction_queue_refusal', 'extraction_queue_request_key',
                    'extraction_queue_rung', 'extraction_queue_says', 'extraction_queue_unclear', 'process_state',
                    'registry_consultations_today', 'registry_sessions_is_wanted', 'registry_this_month',
                    'registry_day', 'registry_time_zone', 'registry_today', 'registry_tomorrow', 'source_control_is_broken',
                    'worker_accounts_condition', 'worker_accounts_holder', 'worker_accounts_is_sealed',
                    'worker_accounts_lacks_key', 'worker_accounts_max_failures', 'worker_accounts_user_code')
GROUP BY p.oid
UNION ALL
SELECT 'view', view, roles, place,
       CASE relkind WHEN 'v' THEN format('ALTER VIEW %%s SET (security_invoker = true)', view)
                    ELSE format('REVOKE ALL ON %%s FROM %%s', view, roles) END
FROM shown
ORDER BY 1, 2, 4;
