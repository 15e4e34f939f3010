-- Fills the tables past the triggers, in seconds: %(waiting)s rows that wait, %(finished)s that were bought, each with
-- its attempt and its paid click, as the triggers and the workers would have left them: the latest ones stand last.
INSERT INTO extraction_queue (document_source, document_number, document_number_normalized, circonscription_fonciere,
                              cadastre, acte_type, status, created_at, available_at, request_key, doubted_key)
SELECT (ARRAY['acte', 'index', 'plan_cadastraux'])[1 + i %% 3], i::text, i::text, 'Montréal', 'Cadastre du Québec',
       'Acte', 'En attente', now() - make_interval(secs => i * 0.01), now() - interval '1 day', 'w' || i, 'w' || i
FROM generate_series(1, %(waiting)s) AS i;

-- The window of each source is sent, and its messages wait for a worker.
UPDATE extraction_queue SET dispatched_at = now()
WHERE document_number::integer <= 3 * %(window)s AND status = 'En attente';

INSERT INTO extraction_queue (document_source, document_number, document_number_normalized, circonscription_fonciere,
                              cadastre, acte_type, status, created_at, completed_at, request_key, supabase_path,
                              document_sha256, attemtps)
SELECT (ARRAY['acte', 'index', 'plan_cadastraux'])[1 + i %% 3], i::text, i::text, 'Montréal', 'Cadastre du Québec',
       'Acte', 'Complété', now() - make_interval(secs => i * 30), now() - make_interval(secs => i * 30), 'f' || i,
       'index/none.pdf', md5(i::text), 1
FROM generate_series(1, %(finished)s) AS i;

INSERT INTO extraction_attempts (job_id, document_source, worker_id, account_id, started_at, consultation_at,
                                 document_saved_at, finished_at, outcome)
SELECT q.id, q.document_source, 'w-1', (SELECT min(id::text)::uuid FROM worker_accounts), q.completed_at, q.completed_at,
       q.completed_at, q.completed_at, 'completed'
FROM extraction_queue AS q WHERE q.status = 'Complété'
ORDER BY q.completed_at;

INSERT INTO extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at,
                               document_saved_at)
SELECT id, job_id, document_source, account_id, 1, 'form', started_at, document_saved_at FROM extraction_attempts
ORDER BY id;
