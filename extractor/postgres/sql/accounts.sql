-- Every statement about accounts and their leases. A lease is on a user code; lease_id is the right to it, and each
-- lease has a new one.

-- lease --
-- Takes the best free account: never used first, then least recently used; never one whose seal has no key here.
-- lease_id is NULL when another process took the same user code, by another row, at the same moment.
-- holder, lease_seconds, openable (how a seal begins that can be opened)
WITH chosen AS (
    SELECT id, btrim(username, public.extraction_queue_blanks()) AS username, password FROM public.worker_accounts a
    WHERE public.worker_accounts_condition(a, %(openable)s) = 'usable'
    ORDER BY last_used NULLS FIRST, created_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
), taken AS (
    INSERT INTO public.registry_sessions AS s (user_code, account_id, lease_id, leased_by, lease_expires_at)
    SELECT public.worker_accounts_user_code(username), id, gen_random_uuid(), %(holder)s,
           now() + make_interval(secs => %(lease_seconds)s)
    FROM chosen
    ON CONFLICT (user_code) DO UPDATE
        SET account_id = excluded.account_id, lease_id = excluded.lease_id, leased_by = excluded.leased_by,
            lease_expires_at = excluded.lease_expires_at
        WHERE s.lease_expires_at <= now()
    RETURNING account_id, lease_id
), used AS (
    UPDATE public.worker_accounts a SET last_used = now(), updated_at = now()
    FROM taken
    WHERE a.id = taken.account_id
)
SELECT chosen.id, chosen.username, chosen.password, taken.lease_id
FROM chosen
LEFT JOIN taken ON taken.account_id = chosen.id;

-- note_sealed --
-- Writes on each account that would be free why this worker cannot take it. Written once.
-- message, openable
UPDATE public.worker_accounts
SET last_error = %(message)s
WHERE id IN (SELECT id FROM public.worker_accounts a
             WHERE public.worker_accounts_condition(a, %(openable)s) = 'sealed'
               AND last_error IS DISTINCT FROM %(message)s
             ORDER BY id
             FOR UPDATE)
RETURNING id;

-- passwords --
-- Every password as it is stored, held until the end of the transaction.
SELECT id, username, password FROM public.worker_accounts ORDER BY id FOR UPDATE;

-- seal --
-- Writes the same password in another form; only in the transaction that read it, since nothing else guards it.
-- account_id, sealed
UPDATE public.worker_accounts SET password = %(sealed)s, updated_at = now()
WHERE id = %(account_id)s
RETURNING id;

-- rest_damaged --
-- The seal does not open: frees the account and lets it rest; no login was refused, so nothing is counted.
-- account_id, lease_id, message, rest_seconds
WITH freed AS (
    DELETE FROM public.registry_sessions WHERE lease_id = %(lease_id)s
)
UPDATE public.worker_accounts
SET last_error = %(message)s, resting_until = now() + make_interval(secs => %(rest_seconds)s), updated_at = now()
WHERE id = %(account_id)s
RETURNING id;

-- renew --
-- Prolongs a lease; no row when the user code went to another holder. Never shortens it, since after a click it covers
-- the wait for the document. is_wanted: whether the session may begin another consultation.
-- lease_id, lease_seconds
UPDATE public.registry_sessions s
SET lease_expires_at = greatest(lease_expires_at, now() + make_interval(secs => %(lease_seconds)s))
WHERE lease_id = %(lease_id)s
RETURNING public.registry_sessions_is_wanted(s) AS is_wanted;

-- release --
-- Frees the user code.
-- lease_id
DELETE FROM public.registry_sessions WHERE lease_id = %(lease_id)s
RETURNING account_id;

-- stored_password --
-- The password of a leased user code as it is stored now: of the leased row, or else of another row with the code;
-- NULL where none is left. No row when the caller may not log in: the code is another's, or the account is not wanted
-- and the caller waits for nothing that is paid.
-- lease_id
SELECT (SELECT a.password FROM public.worker_accounts a
        WHERE public.worker_accounts_user_code(a.username) = s.user_code
        ORDER BY a.id = s.account_id DESC, a.is_active DESC NULLS LAST, a.created_at DESC
        LIMIT 1) AS password
FROM public.registry_sessions s
WHERE s.lease_id = %(lease_id)s
  AND (public.registry_sessions_is_wanted(s)
       OR EXISTS (SELECT FROM public.extraction_attempts t
                  WHERE t.account_lease_id = s.lease_id AND t.consultation_at IS NOT NULL AND t.finished_at IS NULL));

-- passwords_of_code --
-- Every row with this user code and its password as it is stored, held until the end of the transaction.
-- username
SELECT id, password FROM public.worker_accounts
WHERE public.worker_accounts_user_code(username) = public.worker_accounts_user_code(%(username)s)
ORDER BY id
FOR UPDATE;

-- record_login --
-- A login succeeded: it is counted, and earlier refusals of this password are forgotten.
-- account_ids (the rows that have the password that was posted)
WITH counted AS (
    UPDATE public.registry_logins SET logins = logins + 1 WHERE result = 'ok'
)
UPDATE public.worker_accounts SET failure_count = 0, last_error = NULL, resting_until = NULL, updated_at = now()
WHERE id = ANY (%(account_ids)s)
RETURNING id;

-- record_refusal --
-- The site refused the login: counts it, and lets the rows with this password rest, each time twice as long.
-- account_ids (the rows that have the password that was posted), message, rest_seconds
WITH counted AS (
    UPDATE public.registry_logins SET logins = logins + 1 WHERE result = 'refused'
)
UPDATE public.worker_accounts
SET failure_count = coalesce(failure_count, 0) + 1, last_error = %(message)s,
    resting_until = now() + make_interval(secs => %(rest_seconds)s * 2 ^ least(coalesce(failure_count, 0), 10)),
    updated_at = now()
WHERE id = ANY (%(account_ids)s)
RETURNING failure_count;

-- record_failed_login --
-- A login neither succeeded nor was refused: the site or the browser was at fault.
UPDATE public.registry_logins SET logins = logins + 1 WHERE result = 'failed';

-- count --
-- How many accounts are in each condition, and what a person may want to know of them: how many refusals make one
-- failing, how many active rows repeat a user code, how long the first of the resting ones rests, whose seal no key
-- here opens, whose password lies open.
-- openable
SELECT count(*) AS total,
       count(*) FILTER (WHERE condition = 'usable') AS usable,
       count(*) FILTER (WHERE condition = 'leased') AS leased,
       count(*) FILTER (WHERE condition = 'resting') AS resting,
       count(*) FILTER (WHERE condition = 'failing') AS failing,
       count(*) FILTER (WHERE condition = 'disabled') AS disabled,
       count(*) FILTER (WHERE condition = 'sealed') AS sealed,
       count(*) FILTER (WHERE is_active AND public.worker_accounts_lacks_key(password, %(openable)s)) AS without_key,
       count(*) FILTER (WHERE NOT public.worker_accounts_is_sealed(password)) AS plain,
       public.worker_accounts_max_failures() AS max_failures,
       count(*) FILTER (WHERE is_active)
           - count(DISTINCT public.worker_accounts_user_code(username)) FILTER (WHERE is_active) AS repeated,
       ceil(extract(epoch FROM min(resting_until) FILTER (WHERE condition = 'resting') - now()) / 60) AS rest_minutes
FROM (SELECT a.*, public.worker_accounts_condition(a, %(openable)s) AS condition FROM public.worker_accounts a) AS accounts;
