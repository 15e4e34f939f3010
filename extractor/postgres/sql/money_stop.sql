-- The stop when money brings nothing. It counts what is committed, so that several workers and bridges count together.

-- stop_in_vain --
-- Pauses a source for a person after this many consultations in a row that were perhaps charged and brought no
-- document: those whose attempt ended after the last document of the source was saved, and after a person last resumed
-- it. The reason names the last of them: it is the only place where a person reads of it.
-- source, limit
WITH counted_from AS (
    SELECT greatest(c.money_counted_from,
                    (SELECT max(k.document_saved_at) FROM public.extraction_clicks k
                     WHERE k.document_source = c.document_source AND k.document_saved_at IS NOT NULL)) AS moment
    FROM public.source_control c
    WHERE c.document_source = %(source)s
), in_vain AS (
    SELECT DISTINCT k.attempt_id, k.consultation
    FROM counted_from
    JOIN public.extraction_clicks k ON k.document_source = %(source)s AND k.free_at IS NULL AND k.document_saved_at IS NULL
                            AND k.clicked_at > coalesce(counted_from.moment, '-infinity') - interval '1 day'
    JOIN public.extraction_attempts t ON t.id = k.attempt_id AND t.document_saved_at IS NULL
                              AND t.finished_at > coalesce(counted_from.moment, '-infinity')
), last AS (
    SELECT t.* FROM public.extraction_attempts t
    WHERE t.id IN (SELECT attempt_id FROM in_vain)
    ORDER BY t.finished_at DESC, t.id DESC
    LIMIT 1
)
UPDATE public.source_control c
SET paused = true, money_stopped = true, paused_by = 'extractor', since = now(),
    reason = format(public.extraction_queue_says(
                    '%%s consultations in a row were perhaps paid and brought no document. The last one was of row %%s'
                    ' (%%s: %%s)%%s. Compare `extractor spend` with the billing history of the account, and look with'
                    ' `extractor show %%s` at what the page showed, before you resume the source',
                    '%%s consultations de suite ont peut-être été payées sans apporter de document. La dernière était'
                    ' celle de la ligne %%s (%%s : %%s)%%s. Comparez `extractor spend` à l''historique de facturation du'
                    ' compte et voyez avec `extractor show %%s` ce que la page affichait, avant de reprendre la source'),
                    (SELECT count(*) FROM in_vain), last.job_id, coalesce(last.error_code, last.outcome),
                    left(rtrim(coalesce(last.message, '?'), '. '), 300),
                    CASE WHEN last.evidence_path IS NULL THEN ''
                         ELSE format(public.extraction_queue_says('; its evidence is %%s on the host of %%s',
                                                                  '; ses traces sont dans %%s, sur l''hôte de %%s'),
                                     last.evidence_path, last.worker_id) END,
                    last.job_id)
FROM last
WHERE c.document_source = %(source)s AND NOT c.paused
  AND (SELECT count(*) FROM in_vain) >= %(limit)s
RETURNING c.document_source AS source, c.reason;
