"""Insert a row and wait for its document, with supabase-py 2.34; asynchronous, because its Realtime is."""

import asyncio
import contextlib
import os
import sys

from supabase import AsyncClient, acreate_client


async def wait_for_document(client: AsyncClient, job_id: str, look_every: float = 30.0) -> dict[str, str]:
    """Return the row once it is Complété; raise RuntimeError when it stops at Erreur."""
    rung = asyncio.Event()
    channel = client.channel(f"row-{job_id}")
    channel.on_postgres_changes(
        "UPDATE",
        schema="public",
        table="extraction_queue",
        filter=f"id=eq.{job_id}",
        callback=lambda _: rung.set(),
    )
    await channel.subscribe()
    columns = "status, supabase_path, error_code, error_message"
    try:
        while True:
            rung.clear()
            answer = await client.table("extraction_queue").select(columns).eq("id", job_id).single().execute()
            row = answer.data
            if row["status"] == "Complété":
                return row
            if row["status"] == "Erreur":
                raise RuntimeError(f"{row['error_code']}: {row['error_message']}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), look_every)
    finally:
        await client.remove_channel(channel)


async def main() -> str:
    """Insert one row and return a link to its document; the link works for one minute."""
    client = await acreate_client(os.environ["SUPABASE_URL"], os.environ["SUPABASE_SERVICE_KEY"])
    row = {
        "document_source": "index",
        "document_number": "2 784 195",
        "circonscription_fonciere": "Montréal",
        "cadastre": "Cadastre du Québec",
    }
    added = await client.table("extraction_queue").insert(row).execute()
    done = await wait_for_document(client, added.data[0]["id"])
    bucket, _, name = done["supabase_path"].partition("/")
    link = await client.storage.from_(bucket).create_signed_url(name, 60)
    return str(link["signedURL"])


sys.stdout.write(asyncio.run(main()))
