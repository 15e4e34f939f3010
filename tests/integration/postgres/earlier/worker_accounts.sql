-- Every SQL statement of the document on worker accounts that users already rely on, verbatim and in its order.

CREATE TABLE worker_accounts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  username TEXT NOT NULL,              -- Quebec Registry username
  password TEXT NOT NULL,              -- Quebec Registry password
  is_active BOOLEAN DEFAULT true,      -- Enable/disable account
  last_used TIMESTAMPTZ,               -- Last time account was used
  failure_count INTEGER DEFAULT 0,     -- Number of consecutive failures
  created_at TIMESTAMPTZ DEFAULT NOW(),
  updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE worker_status (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  worker_id TEXT UNIQUE NOT NULL,      -- Unique worker identifier
  status TEXT NOT NULL,                -- 'idle', 'busy', 'error', 'offline'
  current_job_id UUID,                 -- Current job being processed
  account_id UUID REFERENCES worker_accounts(id),  -- Account being used
  last_heartbeat TIMESTAMPTZ DEFAULT NOW(),
  started_at TIMESTAMPTZ DEFAULT NOW(),
  jobs_completed INTEGER DEFAULT 0,
  jobs_failed INTEGER DEFAULT 0
);

-- Add a single account
INSERT INTO worker_accounts (username, password, is_active) 
VALUES ('username123', 'password123', true);

-- Add multiple accounts
INSERT INTO worker_accounts (username, password, is_active) VALUES
  ('account1', 'pass1', true),
  ('account2', 'pass2', true),
  ('account3', 'pass3', true);

-- View all accounts
SELECT 
  id, 
  username, 
  is_active, 
  failure_count, 
  last_used,
  created_at
FROM worker_accounts 
ORDER BY last_used NULLS FIRST;

-- View active accounts only
SELECT * FROM worker_accounts 
WHERE is_active = true 
AND failure_count < 3
ORDER BY last_used NULLS FIRST;

-- Disable a specific account
UPDATE worker_accounts 
SET is_active = false 
WHERE username = 'account1';

-- Disable accounts with high failure count
UPDATE worker_accounts 
SET is_active = false 
WHERE failure_count >= 3;

-- Reset failure count for a specific account
UPDATE worker_accounts 
SET failure_count = 0 
WHERE username = 'account1';

-- Reset all failure counts
UPDATE worker_accounts 
SET failure_count = 0;

-- Delete a specific account
DELETE FROM worker_accounts 
WHERE username = 'account1';

-- Delete inactive accounts
DELETE FROM worker_accounts 
WHERE is_active = false;

-- View all workers and their accounts
SELECT 
  ws.worker_id,
  ws.status,
  ws.jobs_completed,
  ws.jobs_failed,
  wa.username as account_username,
  ws.last_heartbeat
FROM worker_status ws
LEFT JOIN worker_accounts wa ON ws.account_id = wa.id
ORDER BY ws.last_heartbeat DESC;

-- See which accounts are being used
SELECT 
  wa.username,
  wa.is_active,
  wa.failure_count,
  wa.last_used,
  ws.worker_id,
  ws.status
FROM worker_accounts wa
LEFT JOIN worker_status ws ON ws.account_id = wa.id
ORDER BY wa.last_used DESC NULLS LAST;

-- Accounts that have never been used
SELECT * FROM worker_accounts 
WHERE last_used IS NULL 
AND is_active = true;

-- Accounts not used in last hour
SELECT * FROM worker_accounts 
WHERE last_used < NOW() - INTERVAL '1 hour' 
AND is_active = true;

-- Check account status
SELECT username, is_active, failure_count, last_used 
FROM worker_accounts;

-- Reset failure counts if needed
UPDATE worker_accounts SET failure_count = 0;

-- Activate accounts if needed
UPDATE worker_accounts SET is_active = true;

UPDATE worker_accounts 
SET password = 'new_password', failure_count = 0 
WHERE username = 'account1';

SELECT 
  COUNT(*) as total_accounts,
  COUNT(*) FILTER (WHERE is_active = true) as active_accounts,
  COUNT(*) FILTER (WHERE failure_count >= 3) as failed_accounts,
  COUNT(*) FILTER (WHERE last_used IS NULL) as unused_accounts,
  COUNT(*) FILTER (WHERE last_used > NOW() - INTERVAL '1 hour') as recently_used
FROM worker_accounts;

SELECT 
  worker_id,
  status,
  jobs_completed,
  jobs_failed,
  ROUND(jobs_completed::numeric / NULLIF(jobs_completed + jobs_failed, 0) * 100, 2) as success_rate,
  NOW() - last_heartbeat as time_since_heartbeat
FROM worker_status
ORDER BY jobs_completed DESC;
