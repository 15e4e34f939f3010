-- Every statement about accounts. An account is held through lease_id, which each lease makes anew.

-- lease --
-- Takes the best free account: never used first, then least recently used; never one whose seal has no key here.
-- holder, lease_seconds, max_failures, openable (how a seal begins that can be opened)
UPDATE worker_accounts
SET leased_by = %(holder)s, lease_id = gen_random_uuid(), last_used = now(), updated_at = now(),
    lease_expires_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE id = (
    SELECT id FROM worker_accounts
    WHERE is_active
      AND coalesce(failure_count, 0) < %(max_failures)s
      AND (resting_until IS NULL OR resting_until <= now())
      AND (lease_id IS NULL OR lease_expires_at <= now())
      AND (NOT starts_with(password, 'sealed:')
           OR EXISTS (SELECT FROM unnest(%(openable)s::text[]) AS seal WHERE starts_with(password, seal)))
    ORDER BY last_used NULLS FIRST, created_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, username, password, lease_id;

-- note_sealed --
-- Says of each account that would be free why this worker cannot take it; written once.
-- message, max_failures, openable
UPDATE worker_accounts
SET last_error = %(message)s
WHERE is_active
  AND coalesce(failure_count, 0) < %(max_failures)s
  AND (resting_until IS NULL OR resting_until <= now())
  AND (lease_id IS NULL OR lease_expires_at <= now())
  AND starts_with(password, 'sealed:')
  AND NOT EXISTS (SELECT FROM unnest(%(openable)s::text[]) AS seal WHERE starts_with(password, seal))
  AND last_error IS DISTINCT FROM %(message)s
RETURNING id;

-- passwords --
-- Every password as it is stored, held until the end of the transaction.
SELECT id, username, password FROM worker_accounts ORDER BY username, id FOR UPDATE;

-- seal --
-- Writes the same password in another form; only in the transaction that read it, since nothing else guards it.
-- account_id, sealed
UPDATE worker_accounts SET password = %(sealed)s, updated_at = now()
WHERE id = %(account_id)s
RETURNING id;

-- rest_damaged --
-- The seal does not open: frees the account and lets it rest; no login was refused, so nothing is counted.
-- account_id, lease_id, message, rest_seconds
UPDATE worker_accounts
SET last_error = %(message)s, lease_id = NULL, lease_expires_at = NULL,
    resting_until = now() + make_interval(secs => %(rest_seconds)s), updated_at = now()
WHERE id = %(account_id)s AND lease_id = %(lease_id)s
RETURNING id;

-- renew --
-- Prolongs a lease; no row when the account was leased to another, disabled or deleted.
-- account_id, lease_id, lease_seconds
UPDATE worker_accounts
SET lease_expires_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE id = %(account_id)s AND lease_id = %(lease_id)s AND is_active
RETURNING id;

-- release --
-- Frees the account.
-- account_id, lease_id
UPDATE worker_accounts SET lease_id = NULL, lease_expires_at = NULL, updated_at = now()
WHERE id = %(account_id)s AND lease_id = %(lease_id)s
RETURNING id;

-- record_login --
-- A login succeeded: it is counted, and earlier failures are forgotten.
-- account_id, lease_id
WITH counted AS (
    UPDATE registry_logins SET logins = logins + 1 WHERE result = 'ok'
)
UPDATE worker_accounts SET failure_count = 0, last_error = NULL, resting_until = NULL, updated_at = now()
WHERE id = %(account_id)s AND lease_id = %(lease_id)s
RETURNING id;

-- record_refusal --
-- The site refused the login: counts it, frees the account and lets it rest, each time twice as long.
-- account_id, lease_id, message, rest_seconds
WITH counted AS (
    UPDATE registry_logins SET logins = logins + 1 WHERE result = 'refused'
)
UPDATE worker_accounts
SET failure_count = coalesce(failure_count, 0) + 1, last_error = %(message)s, lease_id = NULL, lease_expires_at = NULL,
    resting_until = now() + make_interval(secs => %(rest_seconds)s * 2 ^ least(coalesce(failure_count, 0), 10)),
    updated_at = now()
WHERE id = %(account_id)s AND lease_id = %(lease_id)s
RETURNING failure_count;

-- record_failed_login --
-- A login neither succeeded nor was refused: the site or the browser was at fault.
UPDATE registry_logins SET logins = logins + 1 WHERE result = 'failed';

-- count --
-- Why there may be no free account: how many exist, by what keeps them.
-- max_failures, openable
SELECT count(*) AS total,
       count(*) FILTER (WHERE NOT coalesce(is_active, false)) AS disabled,
       count(*) FILTER (WHERE is_active AND coalesce(failure_count, 0) >= %(max_failures)s) AS failing,
       count(*) FILTER (WHERE is_active AND coalesce(failure_count, 0) < %(max_failures)s
                          AND resting_until > now()) AS resting,
       count(*) FILTER (WHERE is_active AND lease_id IS NOT NULL AND lease_expires_at > now()) AS leased,
       count(*) FILTER (
           WHERE is_active AND starts_with(password, 'sealed:')
             AND NOT EXISTS (SELECT FROM unnest(%(openable)s::text[]) AS seal WHERE starts_with(password, seal))
       ) AS sealed,
       count(*) FILTER (WHERE NOT starts_with(password, 'sealed:')) AS plain
FROM worker_accounts;
