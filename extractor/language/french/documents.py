"""What judged documents, the spool and storage say."""

_CHECK = "Vérifiez que STORAGE_DIR est accessible en écriture."

SENTENCES: dict[str, str] = {
    # buckets.py
    "The bucket {bucket} takes only {types}: add {needed} to its allowed MIME types (Storage, Edit bucket).": (
        "Le bucket {bucket} n'accepte que {types} : ajoutez {needed} à ses types MIME permis (Storage, Edit bucket)."
    ),
    "The bucket {bucket} takes files up to {limit} only, and documents have up to {largest}: remove its file size"
    " limit (Storage, Edit bucket).": (
        "Le bucket {bucket} n'accepte que les fichiers d'au plus {limit}, et les documents vont jusqu'à {largest} :"
        " retirez sa limite de taille (Storage, Edit bucket)."
    ),
    # identity.py
    "The registry sent a PDF that is no document. It says: {said}": (
        "Le registre a envoyé un PDF qui n'est pas un document. Il dit : {said}"
    ),
    "A PDF came by a link of a page that is not known, and does not say that it is the document.": (
        "Un PDF est venu par un lien d'une page inconnue, et ne dit pas qu'il est le document."
    ),
    "It is another document: it says {other}, and {number} was asked for.": (
        "C'est un autre document : il indique {other}, alors que {number} était demandé."
    ),
    "number {number}": "le numéro {number}",
    "lot {lots}": "le lot {lots}",
    "{kind}, and no number of its own": "{kind}, et aucun numéro qui lui soit propre",
    # judge.py
    "The PDF does not parse: no reader finds its pages.": "Le PDF est illisible : aucun lecteur ne trouve ses pages.",
    "The PDF does not parse: it is cut short, without an end marker.": (
        "Le PDF est illisible : il est tronqué, sans marque de fin."
    ),
    "The PDF cannot be judged: its reader ended by {end} before it was open.": (
        "Le PDF ne peut pas être évalué : son lecteur s'est arrêté ({end}) avant de l'avoir ouvert."
    ),
    "The PDF has no page.": "Le PDF n'a aucune page.",
    "It opens with a password only.": "Il ne s'ouvre qu'avec un mot de passe.",
    "It is encrypted in a way that common readers do not know.": (
        "Il est chiffré d'une façon que les lecteurs courants ne connaissent pas."
    ),
    "Its text was not read to its end: the reader ended by {end}.": (
        "Son texte n'a pas été lu jusqu'au bout : le lecteur s'est arrêté ({end})."
    ),
    "Of its {pages} pages these cannot be opened: {unreadable}.": (
        "De ses {pages} pages, celles-ci ne s'ouvrent pas : {unreadable}."
    ),
    "{one} {other}": "{one} {other}",
    # oddities.py
    "{count} bytes come before its header.": "Son en-tête est précédé de {count} octets.",
    "Its end is missing: it may be cut short.": "Sa fin manque : il est peut-être tronqué.",
    "{count} bytes follow its end marker.": "Sa marque de fin est suivie de {count} octets.",
    "Its cross references are damaged; readers repair them as they open it.": (
        "Ses références internes sont endommagées; les lecteurs les réparent en l'ouvrant."
    ),
    "It names an encryption that readers ignore.": "Il annonce un chiffrement que les lecteurs ignorent.",
    # local_storage.py
    "Storing {bucket}/{name} failed: another file is there already.": (
        "L'enregistrement de {bucket}/{name} a échoué : un autre fichier s'y trouve déjà."
    ),
    "STORAGE_DIR cannot be used: {error}. Check that STORAGE_DIR can be written to.": (
        "STORAGE_DIR est inutilisable : {error}. " + _CHECK
    ),
    "Storing {bucket}/{name} failed: {error}. Check that STORAGE_DIR can be written to.": (
        "L'enregistrement de {bucket}/{name} a échoué : {error}. " + _CHECK
    ),
    "Reading {bucket}/{name} failed: {error}. Check that STORAGE_DIR can be written to.": (
        "La lecture de {bucket}/{name} a échoué : {error}. " + _CHECK
    ),
    "Deleting {bucket}/{name} failed: {error}. Check that STORAGE_DIR can be written to.": (
        "La suppression de {bucket}/{name} a échoué : {error}. " + _CHECK
    ),
    # spool.py
    "The spool's disk has {free_mb} MB free; MIN_FREE_DISK_MB is {min_free_mb}. No row is taken before there is"
    " room.": (
        "Le disque du spool n'a que {free_mb} Mo libres; MIN_FREE_DISK_MB est de {min_free_mb}. Aucune ligne n'est"
        " prise avant qu'il y ait de la place."
    ),
    "{path} no longer has the hash that was noted when it was bought.": (
        "{path} n'a plus l'empreinte qui a été notée à l'achat."
    ),
    # storage.py
    "{bucket}/{name} is still there after it was deleted.": "{bucket}/{name} existe encore après sa suppression.",
    "{bucket}/{name} came back as other bytes.": "{bucket}/{name} est revenu avec un autre contenu.",
    # storage_answers.py
    "Something other than Supabase Storage answered: {code} with {what}. Check SUPABASE_URL, and the proxy or gateway"
    " on the way to it.": (
        "Ce n'est pas Supabase Storage qui a répondu : {code} avec {what}. Vérifiez SUPABASE_URL, ainsi que le serveur"
        " mandataire ou la passerelle qui y mène."
    ),
    "; it asks to wait until {moment}": "; il demande d'attendre jusqu'à {moment}",
    "; it asks to wait {seconds} s": "; il demande d'attendre {seconds} s",
    "Supabase Storage refused: {said} ({status} {code}).": "Supabase Storage a refusé : {said} ({status} {code}).",
    "Supabase Storage cannot be reached: {said}.": "Supabase Storage est injoignable : {said}.",
    "Supabase Storage answered in a form that this program does not know.": (
        "Supabase Storage a répondu sous une forme que ce programme ne connaît pas."
    ),
    "SUPABASE_URL leads elsewhere: {code} with a redirect to {host}. Write the address of the project, without a"
    " path.": (
        "SUPABASE_URL mène ailleurs : {code} avec une redirection vers {host}. Inscrivez l'adresse du projet, sans"
        " chemin."
    ),
    "Supabase Storage is in trouble: {code} with {what}.": "Supabase Storage est en panne : {code} avec {what}.",
    "Supabase Storage is in trouble: {said}.": "Supabase Storage est en panne : {said}.",
    "an empty body": "un corps vide",
    "an HTML page": "une page HTML",
    "something that is not JSON": "autre chose que du JSON",
    "JSON that is not Storage's": "du JSON qui ne vient pas de Storage",
    "another path": "un autre chemin",
    "Supabase Storage refused SUPABASE_SERVICE_KEY: {said}. Use a service_role or sb_secret_ key.": (
        "Supabase Storage a refusé SUPABASE_SERVICE_KEY : {said}. Utilisez une clé service_role ou sb_secret_."
    ),
    "Storage shows no such bucket: run `extractor setup`. If it is there, the key may not see it.": (
        "Storage ne montre pas ce bucket : lancez `extractor setup`. S'il existe, la clé n'a pas le droit de le voir."
    ),
    "No secure line to Supabase Storage: {said}. Check the host in SUPABASE_URL, this host's clock, and the"
    " certificate of a proxy (SSL_CERT_FILE).": (
        "Aucune connexion sécurisée avec Supabase Storage : {said}. Vérifiez l'hôte dans SUPABASE_URL, l'horloge de"
        " cet hôte et le certificat d'un serveur mandataire (SSL_CERT_FILE)."
    ),
    "The host in SUPABASE_URL has no address: correct it, or look in the dashboard whether the project is paused or"
    " deleted.": (
        "L'hôte dans SUPABASE_URL n'a pas d'adresse : corrigez-le, ou voyez dans le tableau de bord si le projet est"
        " en pause ou supprimé."
    ),
    "Supabase Storage gave no answer in time.": "Supabase Storage n'a pas répondu à temps.",
    "The line to Supabase Storage was closed before its answer was complete.": (
        "La connexion avec Supabase Storage s'est fermée avant la fin de la réponse."
    ),
    "The Supabase project is paused ({code}): restore it on its page of the dashboard.": (
        "Le projet Supabase est en pause ({code}) : rétablissez-le sur sa page du tableau de bord."
    ),
    "Supabase restricts the project ({code}): its page of the dashboard says which limit or bill.": (
        "Supabase restreint le projet ({code}) : sa page du tableau de bord dit quelle limite ou quelle facture est en"
        " cause."
    ),
    "Supabase takes no more requests for a while ({code}{wait}).": (
        "Supabase n'accepte plus de requêtes pour un moment ({code}{wait})."
    ),
    "Supabase takes no more requests for a while: {said}.": (
        "Supabase n'accepte plus de requêtes pour un moment : {said}."
    ),
    "A gateway before Storage takes no file of this size ({code}): raise its limit.": (
        "Une passerelle devant Storage n'accepte pas un fichier de cette taille ({code}) : augmentez sa limite."
    ),
    "Storage already has another object under this name.": "Storage a déjà un autre objet sous ce nom.",
    "Storage takes no file of this size: raise the upload limit of the project (Storage, Settings), and remove the"
    " limit of the bucket.": (
        "Storage n'accepte pas un fichier de cette taille : augmentez la limite de téléversement du projet (Storage,"
        " Settings) et retirez celle du bucket."
    ),
    "The bucket does not take PDFs ({said}): add application/pdf to its allowed MIME types.": (
        "Le bucket n'accepte pas les PDF ({said}) : ajoutez application/pdf à ses types MIME permis."
    ),
    # supabase_storage.py
    "Uploading {bucket}/{name}": "Le téléversement de {bucket}/{name}",
    "Reading {bucket}/{name}": "La lecture de {bucket}/{name}",
    "Deleting {bucket}/{name}": "La suppression de {bucket}/{name}",
    "Signing a link for {bucket}/{name}": "La signature d'un lien vers {bucket}/{name}",
    "{doing} failed: {said}": "{doing} a échoué. {said}",
    "{count} bytes came of {size}.": "Seulement {count} octets sur {size} sont arrivés.",
}
