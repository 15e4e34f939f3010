-- What Flower shows beside a row's id; it changes nothing.

-- find_rows --
-- Document and place of each row that still exists, beside the text by which a message named it.
-- ids (any texts)
SELECT asked.id AS asked, q.document_number, q.circonscription_fonciere, q.cadastre, q.designation_secondaire
FROM unnest(%(ids)s::text[]) AS asked (id)
JOIN public.extraction_queue q ON q.id = public.extraction_queue_id(asked.id);
