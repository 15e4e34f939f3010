-- Every statement about worker_status: what a person sees of the worker processes. The system decides nothing by it.

-- register --
-- Creates the process's row, and forgets processes that have been silent for a day.
-- worker_id, host, pid, queues
WITH forgotten AS (
    DELETE FROM public.worker_status WHERE last_heartbeat < now() - interval '1 day' AND worker_id <> %(worker_id)s
)
INSERT INTO public.worker_status (worker_id, status, host, pid, queues, message)
VALUES (%(worker_id)s, 'idle', %(host)s, %(pid)s, %(queues)s, 'starting')
ON CONFLICT (worker_id) DO UPDATE
SET status = 'idle', host = excluded.host, pid = excluded.pid, queues = excluded.queues, message = excluded.message,
    current_job_id = NULL, account_id = NULL, last_heartbeat = now(), started_at = now(),
    jobs_completed = 0, jobs_failed = 0
RETURNING id;

-- beat --
-- worker_id, status, message, current_job_id, account_id, jobs_completed, jobs_failed
UPDATE public.worker_status
SET status = %(status)s, message = %(message)s, current_job_id = %(current_job_id)s,
    account_id = (SELECT id FROM public.worker_accounts WHERE id = %(account_id)s),  -- it may have been deleted meanwhile
    last_heartbeat = now(), jobs_completed = %(jobs_completed)s, jobs_failed = %(jobs_failed)s
WHERE worker_id = %(worker_id)s
RETURNING id;
