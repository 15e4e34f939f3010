-- What was sent and not yet claimed, a handful of a long table: the bridge compares its number with the broker's.
CREATE INDEX IF NOT EXISTS extraction_queue_sent ON extraction_queue (document_source)
    WHERE status = 'En attente' AND dispatched_at IS NOT NULL;
