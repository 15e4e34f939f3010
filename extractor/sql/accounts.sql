-- Every statement about accounts. An account is held through lease_id, which each lease makes anew.

-- lease --
-- Takes the best free account: never used first, then least recently used.
-- holder, lease_seconds, max_failures
UPDATE worker_accounts
SET leased_by = %(holder)s, lease_id = gen_random_uuid(), last_used = now(), updated_at = now(),
    lease_expires_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE id = (
    SELECT id FROM worker_accounts
    WHERE is_active
      AND coalesce(failure_count, 0) < %(max_failures)s
      AND (resting_until IS NULL OR resting_until <= now())
      AND (lease_id IS NULL OR lease_expires_at <= now())
    ORDER BY last_used NULLS FIRST, created_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, username, password, lease_id;

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
-- A login succeeded: earlier failures are forgotten.
-- account_id, lease_id
UPDATE worker_accounts SET failure_count = 0, last_error = NULL, resting_until = NULL, updated_at = now()
WHERE id = %(account_id)s AND lease_id = %(lease_id)s
RETURNING id;

-- record_refusal --
-- The site refused the login: counts it, frees the account and lets it rest, each time twice as long.
-- account_id, lease_id, message, rest_seconds
UPDATE worker_accounts
SET failure_count = coalesce(failure_count, 0) + 1, last_error = %(message)s, lease_id = NULL, lease_expires_at = NULL,
    resting_until = now() + make_interval(secs => %(rest_seconds)s * 2 ^ least(coalesce(failure_count, 0), 10)),
    updated_at = now()
WHERE id = %(account_id)s AND lease_id = %(lease_id)s
RETURNING failure_count;

-- count --
-- Why there may be no free account: how many exist, by what keeps them.
-- max_failures
SELECT count(*) AS total,
       count(*) FILTER (WHERE NOT coalesce(is_active, false)) AS disabled,
       count(*) FILTER (WHERE is_active AND coalesce(failure_count, 0) >= %(max_failures)s) AS failing,
       count(*) FILTER (WHERE is_active AND coalesce(failure_count, 0) < %(max_failures)s
                          AND resting_until > now()) AS resting,
       count(*) FILTER (WHERE is_active AND lease_id IS NOT NULL AND lease_expires_at > now()) AS leased
FROM worker_accounts;
