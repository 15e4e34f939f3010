-- What Flower shows beside a row's id; it changes nothing.

-- find_rows --
-- Document and place of each row that still exists.
-- ids
SELECT id, document_number, circonscription_fonciere, cadastre, designation_secondaire
FROM extraction_queue
WHERE id = ANY(%(ids)s);
