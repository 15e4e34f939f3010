"""Wait until every row of an import has ended: python wait_for_batch.py BATCH-ID (httpx 0.28)."""

import os
import sys
import time
from collections.abc import Iterator

import httpx


def unfinished(api: httpx.Client, batch_id: str) -> int:
    """How many rows of the import wait or run."""
    answer = api.get("/api/status", params={"batch_id": batch_id}).raise_for_status()
    return sum(source["waiting"] + source["running"] for source in answer.json()["sources"])


def wait_for_batch(api: httpx.Client, batch_id: str) -> None:
    """Return when none does; after a break of the line, or a restart of the API, look again."""
    while True:
        try:
            # Each event, and a heartbeat every 15 s, is a reason to look. What happened before the line was open, the
            # first look finds.
            with api.stream("GET", "/api/events", params={"batch_id": batch_id}) as stream:
                stream.raise_for_status()
                for line in stream.iter_lines():
                    if line.startswith("id:") and not unfinished(api, batch_id):
                        return
        except httpx.TransportError:
            time.sleep(2)


def rows(api: httpx.Client, batch_id: str) -> Iterator[dict[str, str]]:
    """Every row of the import, page by page."""
    query = {"batch_id": batch_id, "limit": "500"}
    while True:
        page = api.get("/api/extractions", params=query).raise_for_status().json()
        yield from page["extractions"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


with httpx.Client(
    base_url=os.environ["EXTRACTOR_API"], headers={"X-API-Key": os.environ.get("API_KEY", "")}, timeout=60
) as api:
    wait_for_batch(api, sys.argv[1])
    for row in rows(api, sys.argv[1]):
        print(row["document_number"], row["supabase_path"] or f"{row['error_code']}: {row['error_message']}")
