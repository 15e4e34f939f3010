-- What each column means, where a person looks for it: in the database.

COMMENT ON TABLE extraction_queue IS 'One row is one job: insert it, and the document is fetched into storage.';
COMMENT ON COLUMN extraction_queue.id IS 'The job; what the broker''s message carries.';
COMMENT ON COLUMN extraction_queue.document_source IS 'acte, index or plan_cadastraux; also the name of the Celery queue.';
COMMENT ON COLUMN extraction_queue.document_number IS 'Inscription number (acte) or lot number, as people write it.';
COMMENT ON COLUMN extraction_queue.document_number_normalized IS 'Filled by a trigger: document_number as the registry''s form takes it.';
COMMENT ON COLUMN extraction_queue.circonscription_fonciere IS 'Name of the circonscription foncière; matched against what the registry offers.';
COMMENT ON COLUMN extraction_queue.cadastre IS 'Name of the cadastre; required for index and plan_cadastraux.';
COMMENT ON COLUMN extraction_queue.designation_secondaire IS 'Désignation secondaire, optional.';
COMMENT ON COLUMN extraction_queue.acte_type IS 'Acte, Avis d''adresse, Radiation or Acte divers; required for acte.';
COMMENT ON COLUMN extraction_queue.status IS 'En attente, En traitement, Complété or Erreur. Setting a finished row to En attente runs it again.';
COMMENT ON COLUMN extraction_queue.processing_started_at IS 'When the current or last attempt was claimed.';
COMMENT ON COLUMN extraction_queue.supabase_path IS 'bucket/name of the document, once Complété.';
COMMENT ON COLUMN extraction_queue.attemtps IS 'Attempts used; a snooze gives one back. (Sic: users'' code knows it by this name.)';
COMMENT ON COLUMN extraction_queue.max_attempts IS 'Attempts that a row may use before it is Erreur.';
COMMENT ON COLUMN extraction_queue.created_at IS 'When the row was inserted; part of the document''s name.';
COMMENT ON COLUMN extraction_queue.updated_at IS 'Last write, by anyone.';
COMMENT ON COLUMN extraction_queue.priority IS 'Higher goes first; 0 by default.';
COMMENT ON COLUMN extraction_queue.available_at IS 'Not before this moment: backoff after a failure, or a snooze.';
COMMENT ON COLUMN extraction_queue.dispatched_at IS 'When the bridge last sent the row''s message; NULL = not sent.';
COMMENT ON COLUMN extraction_queue.attempt_id IS 'The fence: the attempt that owns the row. Every write of a worker names it.';
COMMENT ON COLUMN extraction_queue.worker_id IS 'The worker process of the current or last attempt.';
COMMENT ON COLUMN extraction_queue.lease_expires_at IS 'While En traitement: past this moment the bridge rescues the row.';
COMMENT ON COLUMN extraction_queue.completed_at IS 'When the row became Complété or Erreur.';
COMMENT ON COLUMN extraction_queue.error_code IS 'What went wrong, as one word for programs.';
COMMENT ON COLUMN extraction_queue.error_message IS 'What went wrong, for people; the registry''s own words where it spoke.';
COMMENT ON COLUMN extraction_queue.document_sha256 IS 'SHA-256 of the stored PDF, in hexadecimal.';
COMMENT ON COLUMN extraction_queue.document_bytes IS 'Size of the stored PDF in bytes.';
COMMENT ON COLUMN extraction_queue.document_pages IS 'Number of pages of the stored PDF.';
COMMENT ON COLUMN extraction_queue.max_consultations IS 'Overrides max_consultations_per_job for this row: a person allows one more payment by raising it.';

COMMENT ON COLUMN extraction_queue.fetched_as IS 'What the worker really asked for, and why, when it differs from what the row says; else NULL.';
COMMENT ON COLUMN extraction_queue.request_key IS 'Filled by a trigger: equal rows ask for the same document (see REUSE_DAYS).';
COMMENT ON COLUMN extraction_queue.kills IS 'Worker processes that went silent while they held the row, in this run; at MAX_KILLS the row is held.';
COMMENT ON COLUMN extraction_queue.spooled_on IS 'The spool (see SPOOL_DIR) on which the bought document lies until storage has it.';
COMMENT ON COLUMN extraction_queue.spooled_until IS 'Until then the row waits for that spool; afterwards any worker may take it, and may buy again.';
COMMENT ON COLUMN extraction_queue.cancel_requested_at IS 'A person cancelled the row: it stops before its consultation, or is completed when that came first.';
COMMENT ON COLUMN extraction_queue.document_warning IS
    'What is odd about the stored PDF, in sentences: bytes around it, a password, damaged cross references; else NULL.';
COMMENT ON COLUMN extraction_queue.identity IS
    'checked: the PDF''s own text says that it is the requested document. unchecked: it has no text, or none that says'
    ' which document it is. One that says that it is another is never stored. NULL: not judged.';
COMMENT ON COLUMN extraction_queue.batch_id IS 'The import that the row came with; NULL for a row of its own.';
COMMENT ON COLUMN extraction_queue.idempotency_key IS
    'The Idempotency-Key of the POST that made the row: the same key again gets this row, and makes no second one.';
COMMENT ON COLUMN extraction_queue.idempotency_request IS
    'SHA-256 of what that POST asked for: the same key with another request is refused.';
COMMENT ON COLUMN extraction_queue.doubt IS
    'Why the registry will probably refuse what doubted_key asks for, in one sentence; NULL when nothing speaks against it.';
COMMENT ON COLUMN extraction_queue.doubted_key IS
    'The request_key that doubt was judged for; after an edit it is another one, and the bridge judges the row again.';

COMMENT ON TABLE worker_accounts IS 'Accounts of the registry''s site; each is leased by at most one worker process.';
COMMENT ON COLUMN worker_accounts.id IS 'The account.';
COMMENT ON COLUMN worker_accounts.username IS 'User code at the registry (two digits, a letter, four digits).';
COMMENT ON COLUMN worker_accounts.password IS
    'Password at the registry: plain as it was inserted, or sealed:v1:KEY:… once a worker with ACCOUNTS_KEY leased it.';
COMMENT ON COLUMN worker_accounts.is_active IS 'false: never leased.';
COMMENT ON COLUMN worker_accounts.last_used IS 'When it was last leased; the least recently used goes first.';
COMMENT ON COLUMN worker_accounts.failure_count IS 'Refused logins in a row; at 3 the account is no longer leased.';
COMMENT ON COLUMN worker_accounts.created_at IS 'When the account was added.';
COMMENT ON COLUMN worker_accounts.updated_at IS 'Last write by the system.';
COMMENT ON COLUMN worker_accounts.resting_until IS 'Not leased before this moment: the last login was refused.';
COMMENT ON COLUMN worker_accounts.last_error IS 'Why the last login failed.';

COMMENT ON TABLE worker_status IS 'One row per worker process.';
COMMENT ON COLUMN worker_status.id IS 'Unused by the system; kept for users'' queries.';
COMMENT ON COLUMN worker_status.worker_id IS 'WORKER_ID and the number of the process: worker-1-2.';
COMMENT ON COLUMN worker_status.status IS 'idle, busy, error or offline; message says why.';
COMMENT ON COLUMN worker_status.current_job_id IS 'The row in progress.';
COMMENT ON COLUMN worker_status.account_id IS 'The account it holds.';
COMMENT ON COLUMN worker_status.last_heartbeat IS 'Renewed every HEARTBEAT_SECONDS.';
COMMENT ON COLUMN worker_status.started_at IS 'Start of the process.';
COMMENT ON COLUMN worker_status.jobs_completed IS 'Rows completed since the process started.';
COMMENT ON COLUMN worker_status.jobs_failed IS 'Attempts that failed since the process started.';
COMMENT ON COLUMN worker_status.queues IS 'The queues its worker consumes; NULL = all.';
COMMENT ON COLUMN worker_status.host IS 'Host of the process.';
COMMENT ON COLUMN worker_status.pid IS 'Process id on that host.';
COMMENT ON COLUMN worker_status.message IS 'What it waits for, or what went wrong.';

COMMENT ON TABLE extraction_attempts IS 'One claim of a row; never deleted with it, since it may have cost money.';
COMMENT ON COLUMN extraction_attempts.id IS 'Only grows: the fence.';
COMMENT ON COLUMN extraction_attempts.job_id IS 'The row of extraction_queue, which may be gone.';
COMMENT ON COLUMN extraction_attempts.document_source IS 'Copied from the row.';
COMMENT ON COLUMN extraction_attempts.worker_id IS 'The worker process.';
COMMENT ON COLUMN extraction_attempts.account_id IS 'The account that was charged, if any was.';
COMMENT ON COLUMN extraction_attempts.account_lease_id IS 'The lease under which that account was held.';
COMMENT ON COLUMN extraction_attempts.message_id IS 'The Celery message that it answers; Flower finds the attempt by it.';
COMMENT ON COLUMN extraction_attempts.started_at IS 'The claim.';
COMMENT ON COLUMN extraction_attempts.consultation_at IS
    'The first of its clicks in extraction_clicks that is not known to be free; NULL = nothing of it was charged.';
COMMENT ON COLUMN extraction_attempts.document_saved_at IS 'The bytes are on the worker''s disk.';
COMMENT ON COLUMN extraction_attempts.document_sha256 IS 'SHA-256 of those bytes.';
COMMENT ON COLUMN extraction_attempts.uploaded_at IS 'Storage has the document.';
COMMENT ON COLUMN extraction_attempts.finished_at IS 'End of the attempt.';
COMMENT ON COLUMN extraction_attempts.outcome IS 'completed, retry, snooze, hold, lost, or returned by a worker that was asked to stop.';
COMMENT ON COLUMN extraction_attempts.error_code IS 'As on the row.';
COMMENT ON COLUMN extraction_attempts.message IS 'As on the row.';
COMMENT ON COLUMN extraction_attempts.evidence_path IS 'Where the screenshot, the page and the steps of a failure are kept.';
COMMENT ON COLUMN extraction_attempts.steps IS 'What the worker did, with seconds since the claim.';
COMMENT ON COLUMN extraction_attempts.request_key IS
    'What the row asked for when it was claimed, as in extraction_queue.request_key; NULL before there was this column.';
COMMENT ON COLUMN extraction_attempts.supabase_path IS
    'Where its document is stored, as bucket/name, also when the row now asks for another one.';
COMMENT ON COLUMN extraction_attempts.alive_until IS
    'Renewed by its process, apart from the lease of the row: a person''s open transaction may lock that row.';

COMMENT ON TABLE source_control IS 'One row per source: paused or not.';
COMMENT ON COLUMN source_control.document_source IS 'acte, index or plan_cadastraux.';
COMMENT ON COLUMN source_control.paused IS 'true: its rows wait, running ones finish.';
COMMENT ON COLUMN source_control.paused_by IS 'Who paused it.';
COMMENT ON COLUMN source_control.reason IS 'Why.';
COMMENT ON COLUMN source_control.since IS 'Since when.';
COMMENT ON COLUMN source_control.site_failures IS 'Failures of the site in a row, over all workers; one success clears it.';
COMMENT ON COLUMN source_control.broken_until IS 'The breaker: no row of the source is sent or claimed before this moment.';
COMMENT ON COLUMN source_control.broken_reason IS 'The failure that opened the breaker.';
COMMENT ON COLUMN source_control.money_stopped IS
    'true: the system paused it, since consultations brought no documents; a row before its click makes it no more.';
COMMENT ON COLUMN source_control.money_counted_from IS
    'When a person last resumed the source: what ended before no longer counts toward PAID_WITHOUT_DOCUMENT_LIMIT.';
COMMENT ON COLUMN source_control.broken_by IS
    'The row that the site failed last: while the breaker is open, another row probes, if there is one.';

COMMENT ON TABLE bridge_status IS 'One row per bridge. The system decides nothing by it.';
COMMENT ON COLUMN bridge_status.bridge_id IS 'HOST-PID of the bridge.';
COMMENT ON COLUMN bridge_status.host IS 'Host of the bridge.';
COMMENT ON COLUMN bridge_status.pid IS 'Process id on that host.';
COMMENT ON COLUMN bridge_status.mode IS 'listening: notifications are proven to arrive; polling: they are not, rows wait for the sweep; offline: stopped.';
COMMENT ON COLUMN bridge_status.message IS 'Why it polls, or what is out of reach.';
COMMENT ON COLUMN bridge_status.proven_at IS 'When a notification of its own last came back to it.';
COMMENT ON COLUMN bridge_status.messages_sent IS 'Messages since its start.';
COMMENT ON COLUMN bridge_status.started_at IS 'Start of the bridge.';
COMMENT ON COLUMN bridge_status.last_heartbeat IS 'Renewed at every sweep.';

COMMENT ON TABLE registry_logins IS 'How often workers logged in at the registry, by how it ended.';
COMMENT ON COLUMN registry_logins.result IS
    'ok; refused (the user code or the password); failed (the site or the browser was at fault).';
COMMENT ON COLUMN registry_logins.logins IS 'Logins that ended so, ever.';

COMMENT ON TABLE extraction_clicks IS
    'One click that may be charged, recorded before it is made; never deleted, since it may have cost money.';
COMMENT ON COLUMN extraction_clicks.id IS 'Only grows: the order of the clicks.';
COMMENT ON COLUMN extraction_clicks.attempt_id IS 'The attempt that made it.';
COMMENT ON COLUMN extraction_clicks.job_id IS 'The row of extraction_queue, which may be gone.';
COMMENT ON COLUMN extraction_clicks.document_source IS 'Copied from the row.';
COMMENT ON COLUMN extraction_clicks.account_id IS 'The account that is charged, if one is.';
COMMENT ON COLUMN extraction_clicks.consultation IS
    'The consultation within the attempt, from 1: each submit of the form begins one, later clicks go on with it.'
    ' It counts, once, when one of its clicks is not free.';
COMMENT ON COLUMN extraction_clicks.kind IS
    'What was pressed: form, similar (in a list of numbers), plan (in a list of plans), continue (past a message),'
    ' confirmation.';
COMMENT ON COLUMN extraction_clicks.clicked_at IS 'Committed just before the click.';
COMMENT ON COLUMN extraction_clicks.free_at IS
    'When the page that answered it proved that this click cost nothing; NULL = perhaps charged.';
COMMENT ON COLUMN extraction_clicks.why_free IS 'What that page showed.';
COMMENT ON COLUMN extraction_clicks.address IS
    'Where it led to at the registry: a document that is paid may still be there, for the session of this account.';
COMMENT ON COLUMN extraction_clicks.document_saved_at IS
    'When the document of its consultation lay on a worker''s disk; NULL = none came.';

COMMENT ON TABLE registry_sessions IS 'Who is logged in with a user code, or may be: one worker process at a time.';
COMMENT ON COLUMN registry_sessions.user_code IS 'As worker_accounts_user_code reads it from a username.';
COMMENT ON COLUMN registry_sessions.account_id IS
    'The row of worker_accounts that was leased; it may be deleted since.';
COMMENT ON COLUMN registry_sessions.lease_id IS 'The fence of the lease.';
COMMENT ON COLUMN registry_sessions.leased_by IS 'The worker process that holds the user code.';
COMMENT ON COLUMN registry_sessions.lease_expires_at IS 'Past this moment the user code is free, whoever held it.';

COMMENT ON VIEW extraction_queue_doubtful IS
    'The waiting rows that the registry will probably refuse, each with the reason. A warning: the registry decides.';

COMMENT ON TABLE extraction_events IS
    'What happened to rows, for those who wait: filled by a trigger of extraction_queue, kept for EVENT_DAYS.';
COMMENT ON COLUMN extraction_events.id IS 'Only grows; of one row, in the order in which it happened.';
COMMENT ON COLUMN extraction_events.told_as IS 'The webhook-id: the same at every try, so that a receiver knows a repetition.';
COMMENT ON COLUMN extraction_events.job_id IS 'The row of extraction_queue, which may be gone.';
COMMENT ON COLUMN extraction_events.batch_id IS 'Copied from the row.';
COMMENT ON COLUMN extraction_events.kind IS
    'completed, failed (the row is Erreur), or sent_again (a finished row is En attente again).';
COMMENT ON COLUMN extraction_events.at IS 'When the transaction that changed the row began.';
COMMENT ON COLUMN extraction_events.facts IS 'What the row said then; what receivers get as data.';
COMMENT ON COLUMN extraction_events.position IS
    'Its place in the stream of the API, given once it is committed, so that no later one comes before it; NULL = not yet.';

COMMENT ON TABLE webhook_deliveries IS 'The outbox: each event that the receiver of webhooks has not taken yet.';
COMMENT ON COLUMN webhook_deliveries.event_id IS 'The event.';
COMMENT ON COLUMN webhook_deliveries.job_id IS 'Copied from the event: those of one row go one after another.';
COMMENT ON COLUMN webhook_deliveries.due_at IS 'Not sent before this moment: a backoff after a failure.';
COMMENT ON COLUMN webhook_deliveries.tries IS 'How often it was sent, or was about to be.';
COMMENT ON COLUMN webhook_deliveries.lease_id IS 'The fence of the sender that has it.';
COMMENT ON COLUMN webhook_deliveries.leased_until IS 'Until then no other sender takes it; a sender that was killed loses it so.';
COMMENT ON COLUMN webhook_deliveries.last_error IS 'What the last try met, in one sentence.';

COMMENT ON TABLE event_control IS 'One row: where the stream of events stands, and how the webhooks are.';
COMMENT ON COLUMN event_control.only_row IS 'Always true, so that there is one row.';
COMMENT ON COLUMN event_control.last_position IS 'The last position that was given to an event.';
COMMENT ON COLUMN event_control.wanted_until IS
    'A bridge with a WEBHOOK_URL renews it, to EVENT_DAYS from then; past it no delivery is made. NULL = never any.';
COMMENT ON COLUMN event_control.delivered_at IS 'When the receiver last took an event.';
COMMENT ON COLUMN event_control.problem IS 'What the last try met; NULL after a success.';
COMMENT ON COLUMN event_control.problem_at IS 'When that was.';

COMMENT ON TABLE extraction_counts IS
    'How many rows of extraction_queue each group has: triggers add differences, and the sum over a group is its number.';
COMMENT ON COLUMN extraction_counts.document_source IS 'Of the rows; ? where they have none.';
COMMENT ON COLUMN extraction_counts.status IS 'Of the rows.';
COMMENT ON COLUMN extraction_counts.error_code IS 'Of the rows; empty where they have none.';
COMMENT ON COLUMN extraction_counts.rows IS 'How many came, or how many went when it is negative.';

COMMENT ON TABLE extraction_days IS
    'What ended on a day of the registry''s calendar, as sums; what was pruned, for ever.';
COMMENT ON COLUMN extraction_days.day IS
    'Of the last click of a consultation that is not free, or on which an attempt ended.';
COMMENT ON COLUMN extraction_days.kind IS
    'consultation: each perhaps charged. clicked: each with a click on this day. attempt: each that ended. step: how long'
    ' the steps of these attempts took.';
COMMENT ON COLUMN extraction_days.document_source IS 'Of the clicks or attempts.';
COMMENT ON COLUMN extraction_days.account_id IS 'Of the clicks; NULL for attempts and steps.';
COMMENT ON COLUMN extraction_days.outcome IS
    'How the attempt ended; unfinished for the consultations of one that nobody ended.';
COMMENT ON COLUMN extraction_days.name IS 'The error code of the attempts, or the name of the step.';
COMMENT ON COLUMN extraction_days.bucket IS
    'Of a step: the first of the bounds (extractor/postgres/days.py) that the durations stay below.';
COMMENT ON COLUMN extraction_days.number IS 'How many.';
COMMENT ON COLUMN extraction_days.uploads IS 'Of the attempts: documents that storage took.';
COMMENT ON COLUMN extraction_days.seconds IS 'Of the steps: how long they took together.';
COMMENT ON COLUMN extraction_days.is_pruned IS
    'Whether `extractor prune` deleted the clicks and attempts: then nothing can make the sum again.';
COMMENT ON TABLE extraction_closed_days IS 'The days whose sums stand in extraction_days.';
COMMENT ON COLUMN extraction_closed_days.day IS 'Of the registry''s calendar.';
COMMENT ON TABLE extraction_reopened_days IS
    'The days of which a click or an attempt changed since they were closed: their sums are not read.';
COMMENT ON COLUMN extraction_reopened_days.day IS 'Of the registry''s calendar; several lines may name it.';
COMMENT ON TABLE extraction_paid_again IS
    'Rows that had a second consultation while an earlier one counted; the reports look here for those paid twice.';
COMMENT ON COLUMN extraction_paid_again.job_id IS 'The row of extraction_queue, which may be gone.';

COMMENT ON TABLE learned_forms IS
    'What workers saw of the registry''s forms (REQUESTS=learned): lists of options, and what a submit posts.';
COMMENT ON COLUMN learned_forms.document_source IS 'Whose form.';
COMMENT ON COLUMN learned_forms.circonscription IS
    'The value that was chosen; * for the row that keeps the list of circonscriptions.';
COMMENT ON COLUMN learned_forms.cadastre IS
    'The value that was chosen, empty for an acte; * for the row that keeps the list of this circonscription''s cadastres.';
COMMENT ON COLUMN learned_forms.learned IS
    'A list of options, or the body of a submit with what was chosen for it: extractor/registry/learned_request.py.';
COMMENT ON COLUMN learned_forms.learned_at IS 'When a form last showed it.';

COMMENT ON TABLE learned_control IS 'One row per source: whether learned requests may be sent, and why not.';
COMMENT ON COLUMN learned_control.document_source IS 'The source.';
COMMENT ON COLUMN learned_control.site IS
    'Names the site map, the address and the program that learned; another one learns from the beginning.';
COMMENT ON COLUMN learned_control.hindrance IS
    'Why the last submit of a form taught nothing that can be sent; NULL = it did.';
COMMENT ON COLUMN learned_control.verified IS
    'How many documents of learned requests said that they were the right ones, since learned requests began or began again.';
COMMENT ON COLUMN learned_control.unexpected IS
    'How many rows in succession got another answer to the learned request than to the form.';
COMMENT ON COLUMN learned_control.trial_until IS
    'Until enough documents are verified one learned request is made at a time: until this moment, at the latest.';
COMMENT ON COLUMN learned_control.closed_until IS 'No learned request is sent before this moment; NULL = none was closed.';
COMMENT ON COLUMN learned_control.closed_why IS 'Why, in a sentence of the program.';
