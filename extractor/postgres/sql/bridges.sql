-- Every statement about bridge_status: what a person sees of the bridges. The system decides nothing by it.

-- register --
-- Creates the bridge's row, and forgets bridges that have been silent for a day.
-- bridge_id, host, pid
WITH forgotten AS (
    DELETE FROM public.bridge_status WHERE last_heartbeat < now() - interval '1 day' AND bridge_id <> %(bridge_id)s
)
INSERT INTO public.bridge_status (bridge_id, host, pid, mode, message)
VALUES (%(bridge_id)s, %(host)s, %(pid)s, 'polling', 'starting')
ON CONFLICT (bridge_id) DO UPDATE
SET mode = excluded.mode, message = excluded.message, proven_at = NULL, messages_sent = 0,
    started_at = now(), last_heartbeat = now()
RETURNING bridge_id;

-- show --
-- bridge_id, mode, message, seconds_since_proof (NULL: never proven), messages_sent
UPDATE public.bridge_status
SET mode = %(mode)s, message = %(message)s, messages_sent = %(messages_sent)s, last_heartbeat = now(),
    proven_at = now() - make_interval(secs => %(seconds_since_proof)s)
WHERE bridge_id = %(bridge_id)s
RETURNING bridge_id;

-- ring_for_proof --
-- channel, token
SELECT pg_notify(%(channel)s, %(token)s);
