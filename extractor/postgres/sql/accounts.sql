-- Every statement about accounts. lease_id is the right to an account; each lease has a new one.

-- lease --
-- Takes the best free account: never used first, then least recently used; never one whose seal has no key here.
-- holder, lease_seconds, openable (how a seal begins that can be opened)
UPDATE worker_accounts
SET leased_by = %(holder)s, lease_id = gen_random_uuid(), last_used = now(), updated_at = now(),
    lease_expires_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE id = (
    SELECT id FROM worker_accounts a
    WHERE worker_accounts_condition(a, %(openable)s) = 'usable'
    ORDER BY last_used NULLS FIRST, created_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, username, password, lease_id;

-- note_sealed --
-- Writes on each account that would be free why this worker cannot take it. Written once.
-- message, openable
UPDATE worker_accounts a
SET last_error = %(message)s
WHERE worker_accounts_condition(a, %(openable)s) = 'sealed'
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
-- Prolongs a lease; no row when the account was leased to another, disabled or deleted. Never shortens it, since after a
-- click it covers the wait for the document.
-- account_id, lease_id, lease_seconds
UPDATE worker_accounts
SET lease_expires_at = greatest(lease_expires_at, now() + make_interval(secs => %(lease_seconds)s))
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
-- How many accounts are in each condition, and what a person may want to know of them: how many refusals make one
-- failing, how long the first of the resting ones rests, whose seal no key here opens, whose password lies open.
-- openable
SELECT count(*) AS total,
       count(*) FILTER (WHERE condition = 'usable') AS usable,
       count(*) FILTER (WHERE condition = 'leased') AS leased,
       count(*) FILTER (WHERE condition = 'resting') AS resting,
       count(*) FILTER (WHERE condition = 'failing') AS failing,
       count(*) FILTER (WHERE condition = 'disabled') AS disabled,
       count(*) FILTER (WHERE condition = 'sealed') AS sealed,
       count(*) FILTER (WHERE is_active AND worker_accounts_lacks_key(password, %(openable)s)) AS without_key,
       count(*) FILTER (WHERE NOT worker_accounts_is_sealed(password)) AS plain,
       worker_accounts_max_failures() AS max_failures,
       ceil(extract(epoch FROM min(resting_until) FILTER (WHERE condition = 'resting') - now()) / 60) AS rest_minutes
FROM (SELECT a.*, worker_accounts_condition(a, %(openable)s) AS condition FROM worker_accounts a) AS accounts;
