-- What Flower shows beside a message; it changes nothing.

-- find_rows --
-- For each message the document and the place of its row, if that still exists, and the attempt that answered it.
-- messages (the ids of messages), ids (any texts: the row that each names)
SELECT asked.message AS message_id, q.document_number, q.circonscription_fonciere, q.cadastre, q.designation_secondaire,
       t.worker_id, a.username, t.number AS attempt
FROM unnest(%(messages)s::text[], %(ids)s::text[]) AS asked (message, id)
JOIN public.extraction_queue q ON q.id = public.extraction_queue_id(asked.id)
LEFT JOIN LATERAL (
    SELECT t.worker_id, t.account_id,
           (SELECT count(*) FROM public.extraction_attempts o WHERE o.job_id = t.job_id AND o.id <= t.id) AS number
    FROM public.extraction_attempts t
    WHERE t.job_id = q.id AND t.message_id = asked.message
    ORDER BY t.id DESC
    LIMIT 1) t ON true
LEFT JOIN public.worker_accounts a ON a.id = t.account_id;
