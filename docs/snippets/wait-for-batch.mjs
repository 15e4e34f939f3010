// Wait until every row of an import has ended: node wait-for-batch.mjs BATCH-ID (Node 20 or newer, no package)
const api = process.env.EXTRACTOR_API
const headers = { 'X-API-Key': process.env.API_KEY ?? '' }

async function get(path) {
  const answer = await fetch(`${api}${path}`, { headers })
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  return answer
}

/** How many rows of the import wait or run. */
async function unfinished(batchId) {
  const { sources } = await (await get(`/api/status?batch_id=${batchId}`)).json()
  return sources.reduce((sum, source) => sum + source.waiting + source.running, 0)
}

/** Resolves when none does; after a break of the line, or a restart of the API, it looks again. */
async function waitForBatch(batchId) {
  for (;;) {
    try {
      const stream = await get(`/api/events?batch_id=${batchId}`)
      // Each event, and a heartbeat every 15 s, is a reason to look.
      for await (const _ of stream.body) if (!(await unfinished(batchId))) return
    } catch (error) {
      if (!(error instanceof TypeError)) throw error // fetch's own word for a line that broke
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
  }
}

/** Every row of the import, page by page. */
async function* rows(batchId) {
  let cursor = ''
  do {
    const page = await (await get(`/api/extractions?batch_id=${batchId}&limit=500${cursor}`)).json()
    yield* page.extractions
    cursor = page.next_cursor && `&cursor=${page.next_cursor}`
  } while (cursor)
}

const [batchId] = process.argv.slice(2)
await waitForBatch(batchId)
for await (const row of rows(batchId)) {
  console.log(row.document_number, row.supabase_path ?? `${row.error_code}: ${row.error_message}`)
}
