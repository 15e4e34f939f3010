-- Rows that were sent and are not yet claimed, a few of a long table. The bridge compares their number with the
-- broker's.
CREATE INDEX IF NOT EXISTS extraction_queue_sent ON extraction_queue (document_source)
    WHERE status = 'En attente' AND dispatched_at IS NOT NULL;
