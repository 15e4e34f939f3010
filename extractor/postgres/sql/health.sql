-- What a container asks about its own processes; it changes nothing. `up_seconds` leaves out what ran here before.

-- worker_processes --
-- The processes of this host that did not say goodbye, each with its state and the seconds since its last beat; `name`
-- is WORKER_ID, or NULL where Celery's node name is used.
-- host, name, up_seconds, worker_beat_seconds
SELECT worker_id, public.process_state(status, last_heartbeat, %(worker_beat_seconds)s) AS state, message,
       extract(epoch FROM now() - last_heartbeat)::float8 AS silent_seconds
FROM public.worker_status
WHERE host = %(host)s AND status <> 'offline'
  AND started_at >= now() - make_interval(secs => %(up_seconds)s)
  AND (%(name)s::text IS NULL OR starts_with(worker_id, %(name)s::text || '-'))
ORDER BY worker_id;

-- bridges --
-- The same for bridges.
-- host, up_seconds, bridge_beat_seconds
SELECT bridge_id, public.process_state(mode, last_heartbeat, %(bridge_beat_seconds)s) AS state, message,
       extract(epoch FROM now() - last_heartbeat)::float8 AS silent_seconds
FROM public.bridge_status
WHERE host = %(host)s AND mode <> 'offline'
  AND started_at >= now() - make_interval(secs => %(up_seconds)s)
ORDER BY bridge_id;
