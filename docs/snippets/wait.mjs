import { createClient } from '@supabase/supabase-js'

const supabase = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_SERVICE_KEY)

/** Resolves with the row once it is Complété; throws when it stops at Erreur. */
export async function waitForDocument(id, { lookEverySeconds = 30 } = {}) {
  let timer
  let ring = () => {}
  const channel = supabase
    .channel(`row-${id}`)
    .on(
      'postgres_changes',
      { event: 'UPDATE', schema: 'public', table: 'extraction_queue', filter: `id=eq.${id}` },
      () => ring(),
    )
    .subscribe(() => ring())
  try {
    for (;;) {
      clearTimeout(timer)
      const rung = new Promise((resolve) => {
        ring = resolve
        timer = setTimeout(resolve, lookEverySeconds * 1000)
      })
      const { data: row, error } = await supabase
        .from('extraction_queue')
        .select('status, supabase_path, error_code, error_message')
        .eq('id', id)
        .single()
      if (error) throw error
      if (row.status === 'Complété') return row
      if (row.status === 'Erreur') throw new Error(`${row.error_code}: ${row.error_message}`)
      await rung
    }
  } finally {
    clearTimeout(timer)
    await supabase.removeChannel(channel)
  }
}

const { data: added, error } = await supabase
  .from('extraction_queue')
  .insert({
    document_source: 'index',
    document_number: '2 784 195',
    circonscription_fonciere: 'Montréal',
    cadastre: 'Cadastre du Québec',
  })
  .select('id')
  .single()
if (error) throw error // the database's own sentence, for example: cadastre is missing: index needs one …

const { supabase_path: path } = await waitForDocument(added.id)
const [bucket, name] = path.split(/\/(.*)/)
const { data: link, error: refused } = await supabase.storage.from(bucket).createSignedUrl(name, 60)
if (refused) throw refused
console.log(link.signedUrl)
process.exit(0)
