-- The three tables that users already have (created only where missing), and the three that this system adds.
-- Adds columns; never drops or renames one. `attemtps` is no mistake here: users' code knows the column by this name.

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

CREATE TABLE IF NOT EXISTS worker_status (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    worker_id      text UNIQUE NOT NULL,
    status         text NOT NULL,
    current_job_id uuid,
    account_id     uuid REFERENCES worker_accounts (id),
    last_heartbeat timestamptz DEFAULT now(),
    started_at     timestamptz DEFAULT now(),
    jobs_completed integer DEFAULT 0,
    jobs_failed    integer DEFAULT 0
);

ALTER TABLE extraction_queue
    ADD COLUMN IF NOT EXISTS document_number_normalized text,
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
    ADD COLUMN IF NOT EXISTS max_consultations          integer,
    ADD COLUMN IF NOT EXISTS fetched_as                 jsonb,
    ADD COLUMN IF NOT EXISTS request_key                text,
    ADD COLUMN IF NOT EXISTS kills                      integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS spooled_on                 uuid,
    ADD COLUMN IF NOT EXISTS spooled_until              timestamptz,
    ADD COLUMN IF NOT EXISTS cancel_requested_at        timestamptz;

ALTER TABLE worker_accounts
    ADD COLUMN IF NOT EXISTS leased_by        text,
    ADD COLUMN IF NOT EXISTS lease_id         uuid,
    ADD COLUMN IF NOT EXISTS lease_expires_at timestamptz,
    ADD COLUMN IF NOT EXISTS resting_until    timestamptz,
    ADD COLUMN IF NOT EXISTS last_error       text;

ALTER TABLE worker_status
    ADD COLUMN IF NOT EXISTS queues  text[],
    ADD COLUMN IF NOT EXISTS host    text,
    ADD COLUMN IF NOT EXISTS pid     integer,
    ADD COLUMN IF NOT EXISTS message text;

-- No foreign keys: what was paid must stay known after a row or an account was deleted.
CREATE TABLE IF NOT EXISTS extraction_attempts (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id            uuid NOT NULL,
    document_source   text NOT NULL,
    worker_id         text NOT NULL,
    account_id        uuid,
    account_lease_id  uuid,
    started_at        timestamptz NOT NULL DEFAULT now(),
    consultation_at   timestamptz,
    document_saved_at timestamptz,
    document_sha256   text,
    uploaded_at       timestamptz,
    finished_at       timestamptz,
    outcome           text CHECK (outcome IN ('completed', 'retry', 'snooze', 'hold', 'lost', 'returned')),
    error_code        text,
    message           text,
    evidence_path     text,
    steps             jsonb NOT NULL DEFAULT '[]'
);

CREATE TABLE IF NOT EXISTS source_control (
    document_source text PRIMARY KEY CHECK (document_source IN ('acte', 'index', 'plan_cadastraux')),
    paused          boolean NOT NULL DEFAULT false,
    paused_by       text,
    reason          text,
    since           timestamptz,
    site_failures   integer NOT NULL DEFAULT 0,
    broken_until    timestamptz,
    broken_reason   text
);

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

INSERT INTO source_control (document_source)
VALUES ('acte'), ('index'), ('plan_cadastraux')
ON CONFLICT DO NOTHING;

CREATE INDEX IF NOT EXISTS extraction_queue_waiting ON extraction_queue
    (document_source, priority DESC, created_at, id) WHERE status = 'En attente';
CREATE INDEX IF NOT EXISTS extraction_queue_running ON extraction_queue
    (lease_expires_at) WHERE status = 'En traitement';
CREATE INDEX IF NOT EXISTS extraction_queue_listed ON extraction_queue (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS extraction_queue_request ON extraction_queue
    (request_key) WHERE status IN ('En traitement', 'Complété');
CREATE INDEX IF NOT EXISTS extraction_queue_spooled ON extraction_queue
    (spooled_on) WHERE spooled_on IS NOT NULL AND status = 'En attente';
CREATE INDEX IF NOT EXISTS extraction_attempts_of_job ON extraction_attempts (job_id, id);
CREATE INDEX IF NOT EXISTS extraction_attempts_consultations ON extraction_attempts
    (consultation_at) WHERE consultation_at IS NOT NULL;
