"""What the tables, the worker and the bridge say."""

_LOOK = "Regardez-le dans le bucket, puis déplacez-le ou supprimez-le"

SENTENCES: dict[str, str] = {
    # postgres/accounts.py, lease.py, sealing.py, database.py
    "No available accounts: of {total}, {reasons}.": "Aucun compte disponible, sur {total} : {reasons}.",
    "No available accounts: worker_accounts is empty. Add one: `extractor accounts add USERNAME`.": (
        "Aucun compte disponible : worker_accounts est vide. Ajoutez-en un : `extractor accounts add USERNAME`."
    ),
    "{why} {hint}": "{why} {hint}",
    "{number} that a person or another worker changes at this moment": (
        "{number} qu'une personne ou un autre worker modifie en ce moment"
    ),
    "went to another worker, or a person disabled, deleted or changed it": (
        "est passé à un autre worker, ou une personne l'a désactivé, supprimé ou modifié"
    ),
    "Account {masked} {gone}.": "Le compte {masked} {gone}.",
    (
        "The password is sealed with a key that ACCOUNTS_KEY does not hold: add that key, or write the password again"
        " with `extractor accounts password`."
    ): (
        "Le mot de passe est scellé avec une clé qui n'est pas dans ACCOUNTS_KEY : ajoutez cette clé, ou inscrivez de"
        " nouveau le mot de passe avec `extractor accounts password`."
    ),
    "The sealed password is damaged: write the password again with `extractor accounts password`.": (
        "Le mot de passe scellé est endommagé : inscrivez-le de nouveau avec `extractor accounts password`."
    ),
    "The tables are missing, or older than this program: run `extractor migrate`.": (
        "Les tables manquent, ou sont plus anciennes que ce programme : lancez `extractor migrate`."
    ),
    # postgres/jobs.py
    "Job {id} is no longer held by attempt {attempt_id}.": (
        "La ligne {id} n'appartient plus à la tentative {attempt_id}."
    ),
    "{today} consultations were made today and DAILY_CONSULTATION_LIMIT is {daily_limit}: the row waits until"
    " tomorrow.": (
        "{today} consultations ont été faites aujourd'hui, et DAILY_CONSULTATION_LIMIT est de {daily_limit} : la ligne"
        " attend jusqu'à demain."
    ),
    "The account {gone}. Nothing was charged; the row goes again.": (
        "Le compte {gone}. Rien n'a été facturé; la ligne repart."
    ),
    "The account {gone}. An earlier click was perhaps charged; the row goes again.": (
        "Le compte {gone}. Un clic antérieur a peut-être été facturé; la ligne repart."
    ),
    "Cancelled before its consultation.": "Annulée avant sa consultation.",
    "The row was changed after it was claimed, and asks for another document.": (
        "La ligne a été modifiée après qu'un worker l'a prise, et demande un autre document."
    ),
    "{changed} Nothing was charged; it goes again.": "{changed} Rien n'a été facturé; elle repart.",
    "Nothing more is bought of this source until a person resumes it. {reason}.": (
        "Plus rien n'est acheté de cette source avant qu'une personne la reprenne. {reason}."
    ),
    "This row was already consulted {by_job} time(s), each perhaps charged, and {allowed} is its limit. Look at the"
    " account's billing history; to allow one more, set max_consultations = {more} together with status = 'En"
    " attente'.": (
        "Cette ligne a déjà été consultée {by_job} fois, chacune peut-être facturée, et sa limite est de {allowed}."
        " Regardez l'historique de facturation du compte; pour en permettre une de plus, mettez max_consultations ="
        " {more} en même temps que status = 'En attente'."
    ),
    "Postgres took no writes for {outage_seconds:g} s: {error}": (
        "Postgres n'a accepté aucune écriture pendant {outage_seconds:g} s : {error}"
    ),
    # worker/
    "No click was made: {seconds_left:.0f} s are left of JOB_TIMEOUT_SECONDS, and the wait for the document may take"
    " {document_seconds:g} s. Nothing was charged; the row goes again.": (
        "Aucun clic n'a été fait : il reste {seconds_left:.0f} s de JOB_TIMEOUT_SECONDS, et l'attente du document peut"
        " durer {document_seconds:g} s. Rien n'a été facturé; la ligne repart."
    ),
    "The worker was asked to stop, and {seconds:g} s are not left.": (
        "Le worker a reçu l'ordre d'arrêter, et il ne reste pas {seconds:g} s."
    ),
    "The worker was asked to stop.": "Le worker a reçu l'ordre d'arrêter.",
    "{changed} What was bought for its earlier request is kept at {path}; the row goes again.": (
        "{changed} Ce qui a été acheté pour sa demande précédente est conservé à {path}; la ligne repart."
    ),
    "The registry answered a learned request with another page than the document: {error} The registry may have"
    " charged it; the next attempt goes through the form.": (
        "Le registre a répondu à une requête apprise par une autre page que le document : {error} Le registre l'a"
        " peut-être facturée; la prochaine tentative passe par le formulaire."
    ),
    "The document is there and paid, but its save link sent no file.": (
        "Le document est là et payé, mais son lien d'enregistrement n'a envoyé aucun fichier."
    ),
    "Postgres: {error}": "Postgres : {error}",
    "{name}: {error}": "{name} : {error}",
    "The session is not logged in.": "La session n'est pas ouverte.",
    "It says nothing of itself, and its hash is not the one of what was bought.": (
        "Il ne dit rien de lui-même, et son empreinte n'est pas celle de ce qui a été acheté."
    ),
    "{error} This attempt bought nothing.": "{error} Cette tentative n'a rien acheté.",
    "Storage has {bucket}/{name}, which is not this row's document: {error} This attempt bought nothing. Look at it in"
    " the bucket, and move it away or delete it; then `extractor retry {job_id}`.": (
        f"Storage a {{bucket}}/{{name}}, qui n'est pas le document de cette ligne : {{error}} Cette tentative n'a rien"
        f" acheté. {_LOOK}; lancez ensuite `extractor retry {{job_id}}`."
    ),
    "Job {id}: another attempt has stored its document, and emptied the spool.": (
        "Ligne {id} : une autre tentative a enregistré son document et vidé le spool."
    ),
    "{error} The document is bought and safe in the spool; only its upload is repeated.": (
        "{error} Le document est acheté et en sûreté dans le spool; seul son téléversement est repris."
    ),
    "Storage has another object at {bucket}/{name}, which is not overwritten: {error} Look at it in the bucket, and"
    " move it away or delete it.": (
        f"Storage a un autre objet à {{bucket}}/{{name}}, qui n'est pas écrasé : {{error}} {_LOOK}."
    ),
    # tasks/bridge.py
    "Notifications do not arrive (a transaction pooler?): rows wait for the sweep. Use a direct connection or a"
    " session pooler.": (
        "Les notifications n'arrivent pas (un « transaction pooler »?) : les lignes attendent le prochain passage."
        " Utilisez une connexion directe ou un « session pooler »."
    ),
}
