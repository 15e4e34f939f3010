"""What `why` says: what a row waits for, and what a person does about one that stopped."""

SENTENCES: dict[str, str] = {
    # extractions.py
    "its document is at {supabase_path}": "son document est à {supabase_path}",
    "it has no document": "elle n'a pas de document",
    "no error code": "aucun code d'erreur",
    # why.py
    "It stopped at Erreur since {since} ({code}): {said}": "Elle est à Erreur depuis le {since} ({code}) : {said}",
    "It stopped at Erreur ({code}): {said}": "Elle est à Erreur ({code}) : {said}",
    "It was cancelled since {since}: {said}": "Elle est annulée depuis le {since} : {said}",
    "It was cancelled: {said}": "Elle a été annulée : {said}",
    "nothing says why": "rien ne dit pourquoi",
    "It is finished since {since}: {document}.": "Elle est terminée depuis le {since} : {document}.",
    "It is finished: {document}.": "Elle est terminée : {document}.",
    "It is running: {who} has it{since}{how_long}, attempt {attempt} of {attempts}.": (
        "Elle est en traitement : {who} la tient{since}{how_long}, tentative {attempt} de {attempts}."
    ),
    " since {moment}": " depuis le {moment}",
    " ({seconds})": " ({seconds})",
    "a worker without a name": "un worker sans nom",
    "{who} held it{since} and went silent; the bridge will return it.": (
        "{who} la tenait{since} et ne donne plus signe de vie; le bridge la remettra en attente."
    ),
    "{who} runs it{since}, and will see that it was cancelled.": (
        "{who} la traite{since} et verra qu'elle a été annulée."
    ),
    "It waits for its upload.": "Elle attend son téléversement.",
    "It waits for storage: {said}": "Elle attend Storage : {said}",
    "Its document is bought and safe on spool {spool}. {waits} A worker with that SPOOL_DIR tries until {until}; then"
    " any worker takes it, and may buy it again.": (
        "Son document est acheté et en sûreté dans le spool {spool}. {waits} Un worker de ce SPOOL_DIR essaie jusqu'au"
        " {until}; ensuite, n'importe quel worker la prend et peut l'acheter de nouveau."
    ),
    "{sentence} No bridge is running to send it there.": "{sentence} Aucun bridge ne fonctionne pour l'y envoyer.",
    "{source} is paused{since} by {by}: {why}.": "{source} est en pause{since}, par {by} : {why}.",
    "an unknown person": "une personne inconnue",
    "no reason": "aucune raison donnée",
    "The site fails {source}, which is left alone until {until}: {reason}": (
        "Le site est en échec pour {source}, qui est laissée de côté jusqu'au {until} : {reason}"
    ),
    "The site failed {source} ({reason}); one other row is trying it first.": (
        "Le site a échoué pour {source} ({reason}); une autre ligne l'essaie d'abord."
    ),
    "{today} consultations were made today and DAILY_CONSULTATION_LIMIT is {limit}. It waits until tomorrow, or for a"
    " higher limit.": (
        "{today} consultations ont été faites aujourd'hui, et DAILY_CONSULTATION_LIMIT est de {limit}. Elle attend"
        " jusqu'à demain, ou une limite plus haute."
    ),
    "It waits until {until}, {more} more.": "Elle attend jusqu'au {until}, encore {more}.",
    "It waits until {until}, {more} more after {code}: {said}": (
        "Elle attend jusqu'au {until}, encore {more}, après {code} : {said}"
    ),
    "Row {id} asks for the same document and is running: this one will be given its copy.": (
        "La ligne {id} demande le même document et est en traitement : celle-ci en recevra la copie."
    ),
    "No bridge is running, so this row reaches no worker.": (
        "Aucun bridge ne fonctionne : cette ligne ne parvient à aucun worker."
    ),
    "No bridge is running, so this row reaches no worker; the last bridge was heard of {silent} ago.": (
        "Aucun bridge ne fonctionne : cette ligne ne parvient à aucun worker; le dernier bridge a donné signe de vie"
        " il y a {silent}."
    ),
    "No worker serves the queue {source}.": "Aucun worker ne sert la file {source}.",
    "No worker serves the queue {source} ({silent} went silent).": (
        "Aucun worker ne sert la file {source} (sans signe de vie : {silent})."
    ),
    "No account: worker_accounts is empty.": "Aucun compte : worker_accounts est vide.",
    "The workers of {source} have no account: of {total}, {reasons}.": (
        "Les workers de {source} n'ont pas de compte, sur {total} : {reasons}."
    ),
    "worker_status says no more": "worker_status n'en dit pas plus",
    "No worker of {source} is ready: {said}": "Aucun worker de {source} n'est prêt : {said}",
    "Every worker of {source} is busy ({busy}); {rows} before it ({sent}).": (
        "Tous les workers de {source} sont occupés ({busy}); {rows} avant elle ({sent})."
    ),
    "sent": "envoyée",
    "not sent yet": "pas encore envoyée",
    "It was sent {ago} ago and no worker has claimed it yet. If its message is lost, the bridge sends it again.": (
        "Elle a été envoyée il y a {ago}, et aucun worker ne l'a encore prise. Si son message s'est perdu, le bridge"
        " l'envoie de nouveau."
    ),
    "It was sent {ago} ago and no worker has claimed it yet. No bridge is running to send it again.": (
        "Elle a été envoyée il y a {ago}, et aucun worker ne l'a encore prise. Aucun bridge ne fonctionne pour"
        " l'envoyer de nouveau."
    ),
    "more than {rows}": "plus de {rows}",
    "The bridge has not sent it yet: {rows} of {source} before it.": (
        "Le bridge ne l'a pas encore envoyée : {rows} de {source} avant elle."
    ),
    "{sentence} The bridge says: {said}": "{sentence} Le bridge dit : {said}",
    "{sentence} It {doubt}. The registry decides; a name that it refuses is not charged.": (
        "{sentence} Elle {doubt}. C'est le registre qui décide; un nom qu'il refuse n'est pas facturé."
    ),
    # next_steps.py
    "Unless the message says that nothing was bought, it is paid: do not pay again before you have looked at what came"
    " (document.bin in the evidence) and at the account's billing history. To send it again may cost {price} more.": (
        "À moins que le message dise que rien n'a été acheté, elle est payée : ne payez pas de nouveau avant d'avoir"
        " regardé ce qui est arrivé (document.bin, parmi les traces conservées) et l'historique de facturation du"
        " compte. La relancer peut coûter {price} de plus."
    ),
    "Its document is bought and waits on a spool, so to send it again costs nothing.": (
        "Son document est acheté et attend dans un spool : la relancer ne coûte rien."
    ),
    "The fault was not the row's. See whether one of its clicks was charged; send it again once the cause is gone,"
    " which may cost {price}.": (
        "La ligne n'est pas en cause. Voyez si l'un de ses clics a été facturé; relancez-la une fois la cause"
        " disparue, ce qui peut coûter {price}."
    ),
    "The fault was an account's. See which account can log in, then send the row again, which may cost {price}.": (
        "C'est un compte qui est en cause. Voyez quel compte peut ouvrir une session, puis relancez la ligne, ce qui"
        " peut coûter {price}."
    ),
    "The site was at fault. See what the page showed; send the row again once the site works, which may cost"
    " {price}.": (
        "C'est le site qui est en cause. Voyez ce que la page affichait; relancez la ligne une fois le site rétabli,"
        " ce qui peut coûter {price}."
    ),
    "Nothing was charged. Correct the column that the message names; the row is then sent again.": (
        "Rien n'a été facturé. Corrigez la colonne que le message nomme; la ligne est alors relancée."
    ),
    "Nothing was charged. Write the name as the registry spells it; the row is then sent again.": (
        "Rien n'a été facturé. Inscrivez le nom tel que le registre l'écrit; la ligne est alors relancée."
    ),
    "Nothing was charged. The nearest names of the registry are: {names}. If the first is right, this command writes"
    " it and sends the row again, which may cost {price}; for another, write that one.": (
        "Rien n'a été facturé. Les noms les plus proches au registre sont : {names}. Si le premier est le bon, cette"
        " commande l'inscrit et relance la ligne, ce qui peut coûter {price}; sinon, inscrivez celui qui convient."
    ),
    "Nothing was charged, as far as is known. Check the number, the circonscription and the cadastre in your papers,"
    " and correct what is wrong; the corrected row may cost {price}.": (
        "Rien n'a été facturé, autant qu'on sache. Vérifiez le numéro, la circonscription et le cadastre dans votre"
        " dossier, et corrigez ce qui est inexact; la ligne corrigée peut coûter {price}."
    ),
    "Nothing was charged. If one of the numbers offered is yours, correct the number, which may cost {price}; if"
    " several documents have the same number, get yours by hand.": (
        "Rien n'a été facturé. Si l'un des numéros offerts est le vôtre, corrigez le numéro, ce qui peut coûter"
        " {price}; si plusieurs documents portent le même numéro, obtenez le vôtre vous-même sur le site du registre."
    ),
    "Nothing was charged, and to send it again helps nothing: the registry has no file of this document. Order it from"
    " the registry's office.": (
        "Rien n'a été facturé, et la relancer ne sert à rien : le registre n'a pas de fichier de ce document."
        " Commandez-le au bureau de la publicité foncière."
    ),
    "Nothing was charged, and to send it again helps nothing. See which plans the registry offers, and get the right"
    " one by hand.": (
        "Rien n'a été facturé, et la relancer ne sert à rien. Voyez quels plans le registre offre, et obtenez le bon"
        " vous-même sur le site du registre."
    ),
    "Read what the registry answered. If that is final, leave the row; else see whether a click was charged, and send"
    " it again, which may cost {price}.": (
        "Lisez la réponse du registre. Si elle est définitive, laissez la ligne; sinon, voyez si un clic a été"
        " facturé, puis relancez-la, ce qui peut coûter {price}."
    ),
    "It was perhaps charged. Compare the clicks with the account's billing history before you send it again, which may"
    " cost {price} more.": (
        "Elle a peut-être été facturée. Comparez ses clics à l'historique de facturation du compte avant de la"
        " relancer, ce qui peut coûter {price} de plus."
    ),
    "Its consultations so far were perhaps charged. Look at the account's billing history; then one more consultation"
    " can be allowed, which may cost {price}.": (
        "Ses consultations jusqu'ici ont peut-être été facturées. Regardez l'historique de facturation du compte; une"
        " consultation de plus peut ensuite être permise, ce qui peut coûter {price}."
    ),
    "A person cancelled it. If you want the document after all, it may cost {price}.": (
        "Une personne l'a annulée. Si vous voulez tout de même le document, il peut coûter {price}."
    ),
    "The document was paid and is kept: there is nothing to do.": (
        "Le document a été payé et il est conservé : il n'y a rien à faire."
    ),
    "Check what the row asks for now. The earlier document stays in storage; the other one may cost {price}.": (
        "Vérifiez ce que la ligne demande maintenant. Le document précédent reste dans Storage; l'autre peut coûter"
        " {price}."
    ),
    "Another attempt has the row. See what it did.": "Une autre tentative a pris la ligne. Voyez ce qu'elle a fait.",
    "A click before the worker's end may have been charged. See the clicks of the row before you send it again, which"
    " may cost {price}.": (
        "Un clic fait avant la fin du worker a peut-être été facturé. Voyez les clics de la ligne avant de la"
        " relancer, ce qui peut coûter {price}."
    ),
    "The row itself is probably the cause. Read the logs of the workers that it names and look at the memory of their"
    " hosts; send it again when you know why, which may cost {price}.": (
        "La ligne elle-même est probablement en cause. Lisez les journaux des workers que le message nomme et regardez"
        " la mémoire de leurs hôtes; relancez-la quand vous saurez pourquoi, ce qui peut coûter {price}."
    ),
    "This is a defect in the program. Keep the evidence and the log, and report it. To send it again may cost"
    " {price}.": (
        "C'est un défaut du programme. Conservez les traces et le journal, et signalez-le. Relancer la ligne peut"
        " coûter {price}."
    ),
    "Make room on the worker's disk, but never delete a PDF of the spool: it is paid. Then send the row again, which"
    " may cost {price}.": (
        "Libérez de la place sur le disque du worker, mais ne supprimez jamais un PDF du spool : il est payé. Renvoyez"
        " ensuite la ligne, ce qui peut coûter {price}."
    ),
    "Its last attempt made no click that it could not wait out. If this happens often, raise JOB_TIMEOUT_SECONDS; then"
    " send the row again, which may cost {price}.": (
        "Sa dernière tentative n'a pas fait de clic dont elle n'aurait pu attendre le résultat. Si cela arrive"
        " souvent, augmentez JOB_TIMEOUT_SECONDS; relancez ensuite la ligne, ce qui peut coûter {price}."
    ),
    "Storage did not take the document or could not be asked; the message says whether it is bought. Correct what it"
    " names, then send the row again.": (
        "Storage n'a pas pris le document ou n'a pas pu être interrogé; le message dit si le document est acheté."
        " Corrigez ce qu'il nomme, puis relancez la ligne."
    ),
    "Postgres was away. A document that came is safe in the spool; see the clicks before you send the row again.": (
        "Postgres était injoignable. Un document déjà arrivé est en sûreté dans le spool; voyez les clics avant de"
        " relancer la ligne."
    ),
    "Nothing was charged. Correct the setting that the message names, and restart the worker.": (
        "Rien n'a été facturé. Corrigez le paramètre que le message nomme, puis redémarrez le worker."
    ),
    "Its click was not made. Consultations of its source brought no documents: read the reason, then resume the"
    " source.": (
        "Son clic n'a pas été fait. Des consultations de sa source n'ont pas apporté de document : lisez-en la raison,"
        " puis reprenez la source."
    ),
    "The limit of the day was reached before its click. The row can go tomorrow, and may cost {price}.": (
        "La limite du jour a été atteinte avant son clic. La ligne peut partir demain et peut coûter {price}."
    ),
    "See what happened in each attempt before you send it again, which may cost {price}.": (
        "Voyez ce qui s'est passé à chaque tentative avant de la relancer, ce qui peut coûter {price}."
    ),
}
