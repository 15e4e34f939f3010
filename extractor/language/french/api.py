"""What the API says in its problems, with the refusals of the operations behind it."""

SENTENCES: dict[str, str] = {
    # api/access.py, local/hosts.py
    "Show the API key: X-API-Key: KEY, or Authorization: Bearer KEY.": (
        "Présentez la clé de l'API : X-API-Key: CLÉ, ou Authorization: Bearer CLÉ."
    ),
    "Without API_KEY no page of another origin may call the API: {origin!r}.": (
        "Sans API_KEY, aucune page d'une autre origine ne peut appeler l'API : {origin!r}."
    ),
    "Nothing was done, because the call came for the host {host!r}, which may belong to a foreign page: open localhost"
    " instead, or write your own host into ALLOWED_HOSTS and restart this server.": (
        "Rien n'a été fait, car l'appel visait l'hôte {host!r}, qui appartient peut-être à une page étrangère : ouvrez"
        " plutôt localhost, ou inscrivez votre propre hôte dans ALLOWED_HOSTS et redémarrez ce serveur."
    ),
    # api/archive.py, bell.py, dashboard_calls.py, operations/batches.py, downloads.py
    "No completed row fits these filters, so there is no document to send.": (
        "Aucune ligne à Complété ne correspond à ces filtres : il n'y a donc aucun document à envoyer."
    ),
    "{most} calls wait for events already: ask for many rows in one GET /api/events instead of one call per row, or try"
    " again later.": (
        "{most} appels attendent déjà des événements : suivez plusieurs lignes dans un seul GET /api/events plutôt que"
        " dans un appel par ligne, ou réessayez plus tard."
    ),
    "Attempt {attempt_id} left no screenshot.": "La tentative {attempt_id} n'a laissé aucune capture d'écran.",
    "Row {job_id} has no evidence of an attempt {attempt_id}.": (
        "La ligne {job_id} n'a aucune trace d'une tentative {attempt_id}."
    ),
    "The evidence is not in EVIDENCE_DIR of this API. It is on the host of worker {worker_id}, in {evidence_path}, if"
    " it is not older than EVIDENCE_DAYS.": (
        "La trace n'est pas dans EVIDENCE_DIR de cette API. Elle est sur l'hôte du worker {worker_id}, dans"
        " {evidence_path}, si elle ne date pas de plus de EVIDENCE_DAYS jours."
    ),
    "row {index}, counted from 0: {problem}": "ligne {index}, comptée à partir de 0 : {problem}",
    "{bad} of {rows} rows cannot be taken, so none was: {problems}.": (
        "{bad} lignes sur {rows} ne peuvent pas être acceptées, aucune ne l'a donc été : {problems}."
    ),
    "Only rows that are Complété have a document; the filter says {status}.": (
        "Seules les lignes à Complété ont un document; le filtre demande {status}."
    ),
    "Another download writes into {folder} now: wait until it has ended.": (
        "Un autre téléchargement écrit dans {folder} en ce moment : attendez qu'il soit terminé."
    ),
    # api/documents.py
    "Storage does not have {supabase_path}, or its key may not read it.": (
        "Storage n'a pas {supabase_path}, ou sa clé n'a pas le droit de le lire."
    ),
    "The link has expired, or this API did not give it: ask for a new one.": (
        "Le lien a expiré, ou cette API ne l'a pas émis : demandez-en un nouveau."
    ),
    "Row {id} is {status}: it has no document.": "La ligne {id} est à {status} : elle n'a pas de document.",
    "{supabase_path} of row {id} is in none of the three buckets.": (
        "{supabase_path}, de la ligne {id}, n'est dans aucun des trois buckets."
    ),
    # api/extractions.py, places.py
    "Another person sent row {job_id} again at the same moment.": (
        "Une autre personne a relancé la ligne {job_id} au même moment."
    ),
    "document_source is missing: it must be acte, index or plan_cadastraux.": (
        "document_source est vide : inscrivez acte, index ou plan_cadastraux."
    ),
    "Row {job_id} stays at Erreur: {problem}. Correct it first.": (
        "La ligne {job_id} reste à Erreur : {problem}. Corrigez-la d'abord."
    ),
    "Row {job_id} was consulted {consultations} of {allowed} times, each perhaps charged: look at the account's"
    " billing history, then add ?allow_one_more=true, which may cost {price}.": (
        "La ligne {job_id} a été consultée {consultations} fois sur {allowed}, chacune peut-être facturée : regardez"
        " l'historique de facturation du compte, puis ajoutez ?allow_one_more=true, ce qui peut coûter {price}."
    ),
    "circonscription: {refusal}.": "circonscription : {refusal}.",
    # api/failures.py, listing.py, rows.py
    "{where}: {said}.": "{where} : {said}.",
    "The body": "Le corps",
    "The body cannot be read: send JSON in UTF-8.": "Le corps ne peut pas être lu : envoyez du JSON en UTF-8.",
    "There is nothing at {path}; /docs lists what there is.": ("Il n'y a rien à {path}; /docs énumère ce qui existe."),
    "{path} does not take {method}.": "{path} n'accepte pas {method}.",
    "A body has at most {limit} bytes.": "Un corps compte au plus {limit} octets.",
    "Postgres does not answer now: try again, or run `extractor doctor`.": (
        "Postgres ne répond pas en ce moment : réessayez, ou lancez `extractor doctor`."
    ),
    "This is a defect in the program; the log of the API says more.": (
        "C'est un défaut du programme; le journal de l'API en dit plus."
    ),
    "The body is not JSON.": "Le corps n'est pas du JSON.",
    "{where} is missing.": "{where} est obligatoire.",
    "{where} is not a field here.": "{where} n'est pas un champ ici.",
    "Postgres cannot take a value: {said}.": "Postgres refuse une valeur : {said}.",
    "give a moment such as 2026-11-03T14:00:00-05:00": "donnez une date et une heure comme 2026-11-03T14:00:00-05:00",
    "name at least one of these filters: {filters}": "nommez au moins un de ces filtres : {filters}",
    "this must be later than completed_since": "ce doit être plus tard que completed_since",
    "this must be a whole number": "ce doit être un nombre entier",
    # api/problems.py
    "The request cannot be read": "La requête ne peut pas être lue",
    "An API key is needed": "Il faut une clé de l'API",
    "Not from this machine": "Pas depuis cette machine",
    "The link is not valid": "Le lien n'est pas valable",
    "There is no such thing": "Cela n'existe pas",
    "Storage has no such document": "Storage n'a pas ce document",
    "The API has no such path": "L'API n'a pas ce chemin",
    "Not with this method": "Pas avec cette méthode",
    "Not possible in this state": "Impossible dans cet état",
    "Consulted to its limit": "Consultée jusqu'à sa limite",
    "The body is too large": "Le corps est trop volumineux",
    "Not for this host": "Pas pour cet hôte",
    "The request is not valid": "La requête n'est pas valable",
    "The row cannot be taken": "La ligne ne peut pas être acceptée",
    "The body must be JSON": "Le corps doit être du JSON",
    "The body came without a Content-Type: send JSON, with the header Content-Type: application/json.": (
        "Le corps est arrivé sans Content-Type : envoyez du JSON, avec l'en-tête Content-Type: application/json."
    ),
    "The body came as {kind}: send JSON, with the header Content-Type: application/json.": (
        "Le corps est arrivé comme {kind} : envoyez du JSON, avec l'en-tête Content-Type: application/json."
    ),
    "There is no such evidence here": "Cette trace n'est pas ici",
    "Too many calls wait for events": "Trop d'appels attendent des événements",
    "The Idempotency-Key was used for another row": "La clé Idempotency-Key a servi à une autre ligne",
    "A defect in the program": "Un défaut du programme",
    "Storage does not answer": "Storage ne répond pas",
    "Postgres does not answer": "Postgres ne répond pas",
    # operations/
    "Row {job_id} asks for exactly this already, so nothing was changed and nothing was sent. To send it again as it"
    " is: extractor retry {job_id}": (
        "La ligne {job_id} demande déjà exactement cela : rien n'a été modifié ni envoyé. Pour la relancer telle"
        " quelle : extractor retry {job_id}"
    ),
    "Row {job_id} asks for exactly this already, so nothing was changed: it waits as before.": (
        "La ligne {job_id} demande déjà exactement cela : rien n'a été modifié, et elle attend comme avant."
    ),
    "{problem}.": "{problem}.",
    "Row {job_id} was consulted {consultations} of {allowed} times for this document, each time perhaps charged, so"
    " nothing was changed: look at the account's billing history, then allow one more consultation, which may cost"
    " {price}.": (
        "La ligne {job_id} a été consultée {consultations} fois sur {allowed} pour ce document, chaque fois peut-être"
        " contre facturation; rien n'a donc été modifié : regardez l'historique de facturation du compte, puis"
        " permettez une consultation de plus, qui peut coûter {price}."
    ),
    "name at least one column to correct: {columns}": "nommez au moins une colonne à corriger : {columns}",
    "Row {job_id} is being processed by {who}, so nothing was changed: wait for its end, or cancel it first.": (
        "La ligne {job_id} est en traitement ({who}), rien n'a donc été modifié : attendez la fin du traitement, ou"
        " annulez-la d'abord."
    ),
    "Row {job_id} is Complété: {document}, and the row stays as it is. Add a new row for the other document.": (
        "La ligne {job_id} est à Complété : {document}, et la ligne reste telle quelle. Ajoutez une nouvelle ligne pour"
        " l'autre document."
    ),
    "The row of this Idempotency-Key was deleted at this moment: send the call again.": (
        "La ligne de cette clé Idempotency-Key vient d'être supprimée : refaites l'appel."
    ),
    "This Idempotency-Key made row {id} with another body, so nothing was inserted: send that body again, or a new key"
    " for a new row.": (
        "Cette clé Idempotency-Key a créé la ligne {id} avec un autre corps, rien n'a donc été inséré : renvoyez ce"
        " corps, ou une nouvelle clé pour une nouvelle ligne."
    ),
    "Row {job_id} is {status}: only a row at Erreur can be sent again.": (
        "La ligne {job_id} est à {status} : seule une ligne à Erreur peut être relancée."
    ),
    "Row {job_id} is {status}: {document}.": "La ligne {job_id} est à {status} : {document}.",
    "There is no row {job_id} in extraction_queue.": "Il n'y a pas de ligne {job_id} dans extraction_queue.",
    "The document of row {job_id} is bought already and lies on a spool: it will be stored.": (
        "Le document de la ligne {job_id} est déjà acheté et se trouve dans un spool : il sera enregistré."
    ),
    "No row of these waits for its consultation or runs, so nothing was cancelled.": (
        "Aucune de ces lignes n'attend sa consultation ni n'est en traitement : rien n'a été annulé."
    ),
    "Row {job_id} is Complété: {document}.": "La ligne {job_id} est à Complété : {document}.",
    "Row {job_id} is at Erreur already ({error_code}): nothing runs for it.": (
        "La ligne {job_id} est déjà à Erreur ({error_code}) : aucun traitement n'est en cours."
    ),
    "Name one row, or filter by error code, source, since, batch or reference; one of the two, not both.": (
        "Nommez une ligne, ou filtrez par code d'erreur, source, moment, lot ou dossier; l'un ou l'autre, pas les deux."
    ),
    "Say why: the person who finds the source paused will want to know.": (
        "Dites pourquoi : la personne qui trouvera la source en pause voudra le savoir."
    ),
    "source_control has no row of that source: run `extractor migrate`.": (
        "source_control n'a pas de ligne pour cette source : lancez `extractor migrate`."
    ),
}
