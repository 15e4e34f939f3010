"""Tables as people have them before the first migration."""

from __future__ import annotations

# The table that users of the earlier system have; only the columns that its document names.
EARLIER_QUEUE = """
CREATE TABLE extraction_queue (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    document_source text, document_number text, document_number_normalized text,
    circonscription_fonciere text, cadastre text, designation_secondaire text, acte_type text,
    status text DEFAULT 'En attente', processing_started_at timestamptz, supabase_path text,
    attemtps integer DEFAULT 0, max_attempts integer DEFAULT 3
)
"""
