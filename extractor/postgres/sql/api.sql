-- What the HTTP API reads of the table itself; rows go out under the names of their columns.

-- find --
-- One row, whole.
-- job_id
SELECT * FROM extraction_queue WHERE id = %(job_id)s;

-- page --
-- One page of rows, the latest first; each filter may be NULL. (before_at, before_id) is where the last page ended:
-- a page costs the same however deep it is, and rows inserted meanwhile shift nothing.
-- status, source, error_code, since, number (a part of it, without blanks), before_at, before_id, limit
SELECT * FROM extraction_queue
WHERE (%(status)s::text IS NULL OR status = %(status)s::text)
  AND (%(source)s::text IS NULL OR document_source = %(source)s::text)
  AND (%(error_code)s::text IS NULL OR error_code = %(error_code)s::text)
  AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s::timestamptz)
  AND (%(number)s::text IS NULL OR strpos(lower(document_number_normalized), lower(%(number)s::text)) > 0)
  AND (%(before_at)s::timestamptz IS NULL OR (created_at, id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s;

-- ping --
-- Whether the tables can be read.
SELECT FROM extraction_queue LIMIT 0;
