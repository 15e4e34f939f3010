-- The three tables that users already have (made only where missing), and those that this system adds.
-- Adds columns; never drops or renames one. `attemtps` is no mistake here: users' code knows the column by this name.
-- Row level security comes with each table; 0005 says who may do what. All files run in one transaction, so nobody ever
-- sees a table before its rights.

-- 0005 tells those whose table was there before what becomes of their rights.
SELECT set_config('extractor.adopts', (to_regclass('public.extraction_queue') IS NOT NULL)::text, true);

CREATE TABLE IF NOT EXISTS extraction_queue (
    id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    document_source            text NOT NULL,
    document_number            text NOT NULL,
    document_number_normalized text,
    circonscription_fonciere   text,
    cadastre                   text,
    designation_secondaire     text,
    acte_type                  text,
    status                     text NOT NULL DEFAULT 'En attente',
    processing_started_at      timestamptz,
    supabase_path              text,
    attemtps                   integer NOT NULL DEFAULT 0,
    max_attempts               integer NOT NULL DEFAULT 3,
    created_at                 timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE extraction_queue
    ADD COLUMN IF NOT EXISTS document_number_normalized text,
    ADD COLUMN IF NOT EXISTS circonscription_fonciere   text,
    ADD COLUMN IF NOT EXISTS cadastre                   text,
    ADD COLUMN IF NOT EXISTS designation_secondaire     text,
    ADD COLUMN IF NOT EXISTS acte_type                  text,
    ADD COLUMN IF NOT EXISTS processing_started_at      timestamptz,
    ADD COLUMN IF NOT EXISTS supabase_path              text,
    ADD COLUMN IF NOT EXISTS attemtps                   integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS max_attempts               integer NOT NULL DEFAULT 3,
    ADD COLUMN IF NOT EXISTS created_at                 timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at                 timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS priority                   integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS available_at               timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS dispatched_at              timestamptz,
    ADD COLUMN IF NOT EXISTS attempt_id                 bigint,
    ADD COLUMN IF NOT EXISTS worker_id                  text,
    ADD COLUMN IF NOT EXISTS lease_expires_at           timestamptz,
    ADD COLUMN IF NOT EXISTS completed_at               timestamptz,
    ADD COLUMN IF NOT EXISTS error_code                 text,
    ADD COLUMN IF NOT EXISTS error_message              text,
    ADD COLUMN IF NOT EXISTS document_sha256            text,
    ADD COLUMN IF NOT EXISTS document_bytes             bigint,
    ADD COLUMN IF NOT EXISTS document_pages             integer,
    ADD COLUMN IF NOT EXISTS document_warning           text,
    ADD COLUMN IF NOT EXISTS identity                   text CHECK (identity IN ('checked', 'unchecked')),
    ADD COLUMN IF NOT EXISTS max_consultations          integer,
    ADD COLUMN IF NOT EXISTS fetched_as                 jsonb,
    ADD COLUMN IF NOT EXISTS request_key                text,
    ADD COLUMN IF NOT EXISTS kills                      integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS spooled_on                 uuid,
    ADD COLUMN IF NOT EXISTS spooled_until              timestamptz,
    ADD COLUMN IF NOT EXISTS cancel_requested_at        timestamptz,
    ADD COLUMN IF NOT EXISTS batch_id                   uuid,
    ADD COLUMN IF NOT EXISTS idempotency_key            text,
    ADD COLUMN IF NOT EXISTS idempotency_request        text,
    ADD COLUMN IF NOT EXISTS doubt                      text,
    ADD COLUMN IF NOT EXISTS doubted_key                text;
ALTER TABLE extraction_queue ENABLE ROW LEVEL SECURITY;

CREATE TABLE IF NOT EXISTS worker_accounts (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    username      text NOT NULL,
    password      text NOT NULL,
    is_active     boolean DEFAULT true,
    last_used     timestamptz,
    failure_count integer DEFAULT 0,
    created_at    timestamptz DEFAULT now(),
    updated_at    timestamptz DEFAULT now()
);
ALTER TABLE worker_accounts
    ADD COLUMN IF NOT EXISTS is_active     boolean DEFAULT true,
    ADD COLUMN IF NOT EXISTS last_used     timestamptz,
    ADD COLUMN IF NOT EXISTS failure_count integer DEFAULT 0,
    ADD COLUMN IF NOT EXISTS created_at    timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at    timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS resting_until timestamptz,
    ADD COLUMN IF NOT EXISTS last_error    text;
ALTER TABLE worker_accounts ENABLE ROW LEVEL SECURITY;

CREATE TABLE IF NOT EXISTS worker_status (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    worker_id      text UNIQUE NOT NULL,
    status         text NOT NULL,
    current_job_id uuid,
    account_id     uuid,
    last_heartbeat timestamptz DEFAULT now(),
    started_at     timestamptz DEFAULT now(),
    jobs_completed integer DEFAULT 0,
    jobs_failed    integer DEFAULT 0
);
ALTER TABLE worker_status
    ADD COLUMN IF NOT EXISTS current_job_id uuid,
    ADD COLUMN IF NOT EXISTS account_id     uuid,
    ADD COLUMN IF NOT EXISTS last_heartbeat timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS started_at     timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS jobs_completed integer DEFAULT 0,
    ADD COLUMN IF NOT EXISTS jobs_failed    integer DEFAULT 0,
    ADD COLUMN IF NOT EXISTS queues         text[],
    ADD COLUMN IF NOT EXISTS host           text,
    ADD COLUMN IF NOT EXISTS pid            integer,
    ADD COLUMN IF NOT EXISTS message        text;
ALTER TABLE worker_status ENABLE ROW LEVEL SECURITY;

-- No foreign keys: what was paid must stay known after a row or an account was deleted.
CREATE TABLE IF NOT EXISTS extraction_attempts (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id            uuid NOT NULL,
    document_source   text NOT NULL,
    worker_id         text NOT NULL,
    account_id        uuid,
    account_lease_id  uuid,
    request_key       text,
    started_at        timestamptz NOT NULL DEFAULT now(),
    alive_until       timestamptz,
    consultation_at   timestamptz,
    document_saved_at timestamptz,
    document_sha256   text,
    supabase_path     text,
    uploaded_at       timestamptz,
    finished_at       timestamptz,
    outcome           text CHECK (outcome IN ('completed', 'retry', 'snooze', 'hold', 'lost', 'returned')),
    error_code        text,
    message           text,
    evidence_path     text,
    steps             jsonb NOT NULL DEFAULT '[]'
);
ALTER TABLE extraction_attempts ADD COLUMN IF NOT EXISTS message_id text;
ALTER TABLE extraction_attempts ENABLE ROW LEVEL SECURITY;

-- Every click that may be charged, one row each, from before it is made. Only `extractor prune` deletes here, and what a
-- click may have cost is taken back only by the page that answers this very click (extractor/registry/answers.py).
CREATE TABLE IF NOT EXISTS extraction_clicks (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id        bigint NOT NULL,
    job_id            uuid NOT NULL,
    document_source   text NOT NULL,
    account_id        uuid,
    consultation      integer NOT NULL CHECK (consultation > 0),
    kind              text NOT NULL CHECK (kind IN ('form', 'similar', 'plan', 'continue', 'confirmation')),
    clicked_at        timestamptz NOT NULL DEFAULT now(),
    free_at           timestamptz,
    why_free          text,
    address           text,
    document_saved_at timestamptz,
    CHECK ((free_at IS NULL) = (why_free IS NULL)),
    CHECK (free_at IS NULL OR document_saved_at IS NULL)
);
ALTER TABLE extraction_clicks ENABLE ROW LEVEL SECURITY;

-- One user code is one session at the registry, however many rows of worker_accounts bear it, and whatever a person
-- does to those rows meanwhile: the lease is on the user code.
CREATE TABLE IF NOT EXISTS registry_sessions (
    user_code        text PRIMARY KEY,
    account_id       uuid NOT NULL,
    lease_id         uuid NOT NULL UNIQUE,
    leased_by        text NOT NULL,
    lease_expires_at timestamptz NOT NULL
);
ALTER TABLE registry_sessions ENABLE ROW LEVEL SECURITY;

-- Logins at the registry's site, counted by how they ended: what Prometheus reads, and what a person checks against
-- the budget of an account. The statement that records the login counts it, so no restart and no kill loses one.
CREATE TABLE IF NOT EXISTS registry_logins (
    result text PRIMARY KEY CHECK (result IN ('ok', 'refused', 'failed')),
    logins bigint NOT NULL DEFAULT 0
);
ALTER TABLE registry_logins ENABLE ROW LEVEL SECURITY;
INSERT INTO registry_logins (result) VALUES ('ok'), ('refused'), ('failed') ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS source_control (
    document_source    text PRIMARY KEY CHECK (document_source IN ('acte', 'index', 'plan_cadastraux')),
    paused             boolean NOT NULL DEFAULT false,
    paused_by          text,
    reason             text,
    since              timestamptz,
    site_failures      integer NOT NULL DEFAULT 0,
    broken_until       timestamptz,
    broken_reason      text,
    broken_by          uuid,
    money_stopped      boolean NOT NULL DEFAULT false,
    money_counted_from timestamptz
);
ALTER TABLE source_control ENABLE ROW LEVEL SECURITY;
INSERT INTO source_control (document_source) VALUES ('acte'), ('index'), ('plan_cadastraux') ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS bridge_status (
    bridge_id      text PRIMARY KEY,
    host           text NOT NULL,
    pid            integer NOT NULL,
    mode           text NOT NULL CHECK (mode IN ('listening', 'polling', 'offline')),
    message        text,
    proven_at      timestamptz,
    messages_sent  bigint NOT NULL DEFAULT 0,
    started_at     timestamptz NOT NULL DEFAULT now(),
    last_heartbeat timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE bridge_status ENABLE ROW LEVEL SECURITY;

-- What is told to those who wait: a row ended, or was sent again. A trigger writes it in the transaction that changes
-- the row (0003). The stream of the API gives each a position, and webhooks a delivery. The bridge deletes old ones.
CREATE TABLE IF NOT EXISTS extraction_events (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    told_as  uuid NOT NULL DEFAULT gen_random_uuid(),
    job_id   uuid NOT NULL,
    batch_id text,
    kind     text NOT NULL CHECK (kind IN ('completed', 'failed', 'sent_again')),
    at       timestamptz NOT NULL DEFAULT now(),
    facts    jsonb NOT NULL,
    position bigint
);
ALTER TABLE extraction_events ENABLE ROW LEVEL SECURITY;

-- The outbox: one row per event that the receiver of webhooks has not taken yet, and no row where there is no receiver.
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    event_id     bigint PRIMARY KEY REFERENCES extraction_events (id) ON DELETE CASCADE,
    job_id       uuid NOT NULL,
    due_at       timestamptz NOT NULL DEFAULT now(),
    tries        integer NOT NULL DEFAULT 0,
    lease_id     uuid,
    leased_until timestamptz,
    last_error   text
);
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;

CREATE TABLE IF NOT EXISTS event_control (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_position bigint NOT NULL DEFAULT 0,
    wanted_until  timestamptz,
    delivered_at  timestamptz,
    problem       text,
    problem_at    timestamptz
);
ALTER TABLE event_control ENABLE ROW LEVEL SECURITY;
INSERT INTO event_control DEFAULT VALUES ON CONFLICT DO NOTHING;

-- How many rows of each source have each status and code, as differences: a trigger adds one row per statement and group
-- (0003), the bridge folds them (extractor/postgres/counts.py), and the sum of a group is right in every snapshot. So no
-- write waits for another one, and none for a reader.
CREATE TABLE IF NOT EXISTS extraction_counts (
    document_source text NOT NULL,
    status          text NOT NULL,
    error_code      text NOT NULL,
    rows            bigint NOT NULL
);
ALTER TABLE extraction_counts ENABLE ROW LEVEL SECURITY;

-- What ended on a day of the registry's calendar, as sums: so `spend` and the metrics read days and not a million rows.
-- A day is closed by a bridge when it has been over for two days (extractor/postgres/sql/days.sql). Whoever changes a click
-- or an attempt of a past day reopens that day, in the same transaction (0003): from then on it is read row by row, until
-- a bridge closes it again. `extractor prune` keeps here, for ever, what the rows cost that it deletes.
CREATE TABLE IF NOT EXISTS extraction_days (
    day             date NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('consultation', 'clicked', 'attempt', 'step')),
    document_source text NOT NULL,
    account_id      uuid,
    outcome         text NOT NULL DEFAULT '',
    name            text NOT NULL DEFAULT '',
    bucket          integer,
    number          bigint NOT NULL,
    uploads         bigint NOT NULL DEFAULT 0,
    seconds         double precision NOT NULL DEFAULT 0,
    is_pruned       boolean NOT NULL DEFAULT false
);
ALTER TABLE extraction_days ENABLE ROW LEVEL SECURITY;
CREATE TABLE IF NOT EXISTS extraction_closed_days (day date PRIMARY KEY);
ALTER TABLE extraction_closed_days ENABLE ROW LEVEL SECURITY;
-- Several lines per day, and no key: a line is added without a look at those of others, in any isolation.
CREATE TABLE IF NOT EXISTS extraction_reopened_days (day date NOT NULL);
ALTER TABLE extraction_reopened_days ENABLE ROW LEVEL SECURITY;

-- The rows that had a second consultation while an earlier one counted: a few, among which the reports look for those
-- that were perhaps paid twice. A row stays here when one of the two proves to be free.
CREATE TABLE IF NOT EXISTS extraction_paid_again (job_id uuid NOT NULL);
ALTER TABLE extraction_paid_again ENABLE ROW LEVEL SECURITY;

-- The Table Editor of Supabase gives a table a bigint id, and people use texts. A column that names a row or an account
-- has the type of that id, so that each comparison uses its index.
DO $$
DECLARE
    place record;
    wanted text;
BEGIN
    FOR place IN
        SELECT * FROM (VALUES ('extraction_queue', 'extraction_attempts', 'job_id'),
                              ('extraction_queue', 'extraction_clicks', 'job_id'),
                              ('extraction_queue', 'extraction_events', 'job_id'),
                              ('extraction_queue', 'webhook_deliveries', 'job_id'),
                              ('extraction_queue', 'extraction_paid_again', 'job_id'),
                              ('worker_accounts', 'extraction_days', 'account_id'),
                              ('extraction_queue', 'worker_status', 'current_job_id'),
                              ('extraction_queue', 'source_control', 'broken_by'),
                              ('worker_accounts', 'extraction_attempts', 'account_id'),
                              ('worker_accounts', 'extraction_clicks', 'account_id'),
                              ('worker_accounts', 'registry_sessions', 'account_id'),
                              ('worker_accounts', 'worker_status', 'account_id')) AS t (named, relation, attribute)
    LOOP
        wanted := (SELECT atttypid::regtype FROM pg_attribute
                   WHERE attrelid = place.named::regclass AND attname = 'id');
        IF wanted <> (SELECT atttypid::regtype::text FROM pg_attribute
                      WHERE attrelid = place.relation::regclass AND attname = place.attribute) THEN
            -- A new table is empty, and in worker_status it is what past processes were at work on.
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE %s USING NULL',
                           place.relation, place.attribute, wanted);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'worker_status'::regclass AND contype = 'f') THEN
        ALTER TABLE worker_status ADD FOREIGN KEY (account_id) REFERENCES worker_accounts (id) NOT VALID;
    END IF;
    -- The spool names a file after the row.
    IF (SELECT atttypid FROM pg_attribute WHERE attrelid = 'extraction_queue'::regclass AND attname = 'id')
       IN ('text'::regtype, 'varchar'::regtype) THEN
        ALTER TABLE extraction_queue DROP CONSTRAINT IF EXISTS extraction_queue_id_names_a_file;
        ALTER TABLE extraction_queue ADD CONSTRAINT extraction_queue_id_names_a_file
            CHECK (id ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$');
    END IF;
END
$$;

CREATE INDEX IF NOT EXISTS extraction_queue_waiting ON extraction_queue
    (document_source, priority DESC, created_at, id) WHERE status = 'En attente';
-- The three ways of the bridge to a waiting row (dispatcher.sql, dispatch), each read from its beginning only. The first
-- leaves out what cannot be sent: rows that were not due when they were last written, and those that a spool has. Such
-- rows are in the second, from the moment at which they may be sent. The third are rows that were sent and are not yet
-- claimed, a few of a long table: the bridge compares their number with the broker's.
CREATE INDEX IF NOT EXISTS extraction_queue_ready ON extraction_queue
    (document_source, priority DESC, created_at, id)
    WHERE status = 'En attente' AND dispatched_at IS NULL AND spooled_on IS NULL AND available_at <= updated_at;
CREATE INDEX IF NOT EXISTS extraction_queue_aside ON extraction_queue
    (document_source, greatest(available_at, CASE WHEN spooled_on IS NOT NULL THEN spooled_until END))
    WHERE status = 'En attente'
      AND (spooled_on IS NOT NULL OR (dispatched_at IS NULL AND available_at > updated_at));
CREATE INDEX IF NOT EXISTS extraction_queue_sent ON extraction_queue (document_source, dispatched_at, created_at)
    WHERE status = 'En attente' AND dispatched_at IS NOT NULL AND spooled_on IS NULL;
CREATE INDEX IF NOT EXISTS extraction_queue_running ON extraction_queue
    (lease_expires_at) WHERE status = 'En traitement';
CREATE INDEX IF NOT EXISTS extraction_queue_listed ON extraction_queue (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS extraction_queue_request ON extraction_queue
    (request_key) WHERE status IN ('En traitement', 'Complété');
CREATE INDEX IF NOT EXISTS extraction_queue_request_waiting ON extraction_queue (request_key)
    WHERE status = 'En attente';
CREATE INDEX IF NOT EXISTS extraction_queue_spooled ON extraction_queue (created_at)
    WHERE status = 'En attente' AND spooled_on IS NOT NULL AND dispatched_at IS NULL;
CREATE INDEX IF NOT EXISTS extraction_queue_spooled_sent ON extraction_queue (dispatched_at)
    WHERE status = 'En attente' AND spooled_on IS NOT NULL AND dispatched_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_queue_spooled_on ON extraction_queue
    (spooled_on) WHERE spooled_on IS NOT NULL AND status = 'En attente';
-- What `status`, the lists and the metrics look for beside a long table: the oldest waiting row of a source, those that
-- are not due, what was sent or ended lately, and the rows of one status or code.
CREATE INDEX IF NOT EXISTS extraction_queue_oldest ON extraction_queue (document_source, created_at)
    WHERE status = 'En attente';
-- Of an expression that no other statement has: for `available_at <= now()` the planner would read a million rows by it.
CREATE INDEX IF NOT EXISTS extraction_queue_postponed ON extraction_queue (coalesce(available_at, '-infinity'))
    WHERE status = 'En attente';
CREATE INDEX IF NOT EXISTS extraction_queue_dispatched ON extraction_queue (dispatched_at)
    WHERE dispatched_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_queue_ended ON extraction_queue (completed_at, status)
    WHERE completed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_queue_by_status ON extraction_queue (status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS extraction_queue_by_code ON extraction_queue (error_code, created_at DESC, id DESC)
    WHERE error_code IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_queue_failures ON extraction_queue
    (error_code, (coalesce(completed_at, updated_at, created_at)) DESC)
    WHERE error_code IS NOT NULL AND status IN ('Erreur', 'En attente');
CREATE UNIQUE INDEX IF NOT EXISTS extraction_queue_idempotency ON extraction_queue (idempotency_key)
    WHERE idempotency_key IS NOT NULL;
-- The bridge looks at every pass: both stay small beside a long table of finished rows.
CREATE INDEX IF NOT EXISTS extraction_queue_unjudged ON extraction_queue (created_at DESC, id)
    WHERE status = 'En attente' AND doubted_key IS DISTINCT FROM request_key;
CREATE INDEX IF NOT EXISTS extraction_queue_doubted ON extraction_queue (created_at DESC, id)
    WHERE status = 'En attente' AND doubt IS NOT NULL;

CREATE INDEX IF NOT EXISTS extraction_attempts_of_job ON extraction_attempts (job_id, id);
CREATE INDEX IF NOT EXISTS extraction_attempts_consultations ON extraction_attempts
    (consultation_at) WHERE consultation_at IS NOT NULL;
-- Whether the site served another row of a source since it failed one.
CREATE INDEX IF NOT EXISTS extraction_attempts_completed ON extraction_attempts (document_source, finished_at)
    WHERE outcome = 'completed';

-- Partial: an event is written without a position, a hundred thousand at a time after a bulk UPDATE.
CREATE UNIQUE INDEX IF NOT EXISTS extraction_events_position ON extraction_events (position) WHERE position IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_attempts_finished ON extraction_attempts (finished_at)
    WHERE finished_at IS NOT NULL;

-- Those that have no position yet: a few, since whoever looks gives them one.
CREATE INDEX IF NOT EXISTS extraction_events_unplaced ON extraction_events (id) WHERE position IS NULL;
CREATE INDEX IF NOT EXISTS extraction_events_old ON extraction_events (at);
CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (due_at, event_id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_of_job ON webhook_deliveries (job_id, event_id);

CREATE INDEX IF NOT EXISTS extraction_clicks_of_attempt ON extraction_clicks (attempt_id, id);
CREATE INDEX IF NOT EXISTS extraction_clicks_of_job ON extraction_clicks (job_id, id);
CREATE INDEX IF NOT EXISTS extraction_clicks_charged ON extraction_clicks (clicked_at) WHERE free_at IS NULL;
-- Both for the stop when money brings nothing: the last document of a source, and what brought none since.
CREATE INDEX IF NOT EXISTS extraction_clicks_with_document ON extraction_clicks (document_source, document_saved_at)
    WHERE document_saved_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS extraction_clicks_in_vain ON extraction_clicks (document_source, clicked_at)
    WHERE free_at IS NULL AND document_saved_at IS NULL;

CREATE INDEX IF NOT EXISTS extraction_days_by_day ON extraction_days (day);
CREATE INDEX IF NOT EXISTS extraction_reopened_days_by_day ON extraction_reopened_days (day);
CREATE INDEX IF NOT EXISTS extraction_paid_again_of_job ON extraction_paid_again (job_id);

-- What will probably be refused is said before a worker asks. The bridge judges the rows that came by SQL; the rule is
-- the workers' own matcher (extractor/matching/doubts.py), so the database only keeps its sentence.
-- The rights and the policies of extraction_queue decide what a caller sees (security_invoker).
CREATE OR REPLACE VIEW extraction_queue_doubtful WITH (security_invoker = true) AS
SELECT id, created_at, document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire,
       acte_type, doubt
FROM extraction_queue
WHERE status = 'En attente' AND doubt IS NOT NULL AND doubted_key = request_key
  AND spooled_on IS NULL;  -- what was bought was not refused

-- What workers learned of the registry's forms with REQUESTS=learned (docs/learned.md). Either table may be emptied at any
-- time: the next rows go through the form, and teach it again. Nothing here is of an account or of a session.
CREATE TABLE IF NOT EXISTS learned_forms (
    document_source text NOT NULL CHECK (document_source IN ('acte', 'index', 'plan_cadastraux')),
    circonscription text NOT NULL,
    cadastre        text NOT NULL,
    learned         jsonb NOT NULL,
    learned_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (document_source, circonscription, cadastre)
);
ALTER TABLE learned_forms ENABLE ROW LEVEL SECURITY;

CREATE TABLE IF NOT EXISTS learned_control (
    document_source text PRIMARY KEY CHECK (document_source IN ('acte', 'index', 'plan_cadastraux')),
    site            text,
    hindrance       text,
    verified        integer NOT NULL DEFAULT 0,
    unexpected      integer NOT NULL DEFAULT 0,
    trial_until     timestamptz,
    closed_until    timestamptz,
    closed_why      text
);
ALTER TABLE learned_control ENABLE ROW LEVEL SECURITY;
INSERT INTO learned_control (document_source) VALUES ('acte'), ('index'), ('plan_cadastraux') ON CONFLICT DO NOTHING;
