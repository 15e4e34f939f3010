"""What the registry's site, the browser and the matching of names say."""

SENTENCES: dict[str, str] = {
    # browser/
    "The browser is gone: {said}": "Le navigateur s'est fermé : {said}",
    "Chromium did not start: {said}": "Chromium n'a pas démarré : {said}",
    # matching/
    "will probably be refused, because {reason}": "sera probablement refusée, car {reason}",
    'circonscription_fonciere "{wanted}" is no circonscription foncière known here; nearest: {nearest}': (
        "circonscription_fonciere « {wanted} » n'est pas une circonscription foncière connue ici; les plus proches :"
        " {nearest}"
    ),
    'acte_type "{wanted}" is no type of the registry\'s form; nearest: {nearest}': (
        "acte_type « {wanted} » n'est pas un type du formulaire du registre; les plus proches : {nearest}"
    ),
    'cadastre "{wanted}" is no cadastre known in {place}; nearest: {nearest}': (
        "cadastre « {wanted} » n'est pas un cadastre connu dans {place}; les plus proches : {nearest}"
    ),
    'cadastre "{wanted}" is known in {elsewhere}, and not in {place}; nearest: {nearest}': (
        "cadastre « {wanted} » est connu dans {elsewhere}, mais pas dans {place}; les plus proches : {nearest}"
    ),
    '{column} "{wanted}" may be any of: {nearest}': ("{column} « {wanted} » peut désigner plusieurs choix : {nearest}"),
    "circonscription_fonciere is missing, and without one the registry's form probably offers no cadastre": (
        "circonscription_fonciere est vide, et le formulaire du registre n'offre probablement aucun cadastre sans"
        " circonscription"
    ),
    "circonscription_fonciere is missing, and without one the registry's form probably offers no cadastre;"
    ' "{wanted}" is known in {elsewhere}': (
        "circonscription_fonciere est vide, et le formulaire du registre n'offre probablement aucun cadastre sans"
        " circonscription; « {wanted} » est connu dans {elsewhere}"
    ),
    "{homes} and {more} more": "{homes} et {more} de plus",
    "nothing is offered": "aucun choix n'est offert",
    '"{wanted}" cannot be matched: {nearest}': "« {wanted} » ne correspond à aucun de ces choix : {nearest}",
    '"{wanted}" matches no option closely enough; nearest: {nearest}': (
        "« {wanted} » ne ressemble assez à aucun choix; les plus proches : {nearest}"
    ),
    '"{wanted}" fits several options: {nearest}': "« {wanted} » correspond à plusieurs choix : {nearest}",
    # registry/learned_form.py
    "The browser did not show the copy of the form.": "Le navigateur n'a pas affiché la copie du formulaire.",
    # registry/answers.py
    "{button} was pressed, and the page sent nothing. Nothing was charged.": (
        "Le bouton {button} a été actionné, et la page n'a rien envoyé. Rien n'a été facturé."
    ),
    "No document within {bound:.0f} s of the submit; the registry may have charged it.": (
        "Aucun document n'est arrivé dans les {bound:.0f} s après l'envoi; le registre l'a peut-être facturé."
    ),
    "The registry's form sent nothing, and said: {said}. Nothing was charged.": (
        "Le formulaire du registre n'a rien envoyé et a affiché : {said}. Rien n'a été facturé."
    ),
    "The site goes round in a circle: {state} came again.": "Le site tourne en rond : {state} est revenu.",
    "The registry answered: {message}": "Le registre a répondu : {message}",
    "The answer to the submit was lost on its way; the registry may have charged it.": (
        "La réponse à l'envoi s'est perdue en chemin; le registre l'a peut-être facturé."
    ),
    # registry/choices.py
    "The registry keeps {number} on paper only.": "Le registre ne conserve le numéro {number} que sur papier.",
    "The registry offers {count} documents with the number {number}; none was taken: {offered}.": (
        "Le registre offre {count} documents portant le numéro {number}; aucun n'a été pris : {offered}."
    ),
    "The registry's list does not show which plan of lot {lot} is the latest: {offered}.": (
        "La liste du registre ne montre pas quel plan du lot {lot} est le plus récent : {offered}."
    ),
    "The registry has no {number}; it offers: {offered}.": (
        "Le registre n'a pas le numéro {number}; il offre : {offered}."
    ),
    "The registry has no {number}, and offers nothing else.": (
        "Le registre n'a pas le numéro {number} et n'offre rien d'autre."
    ),
    # registry/dead_ends.py, login.py
    "The site asks to log in again ({state}).": "Le site demande d'ouvrir une nouvelle session ({state}).",
    "The site is closed.": "Le site est fermé.",
    "The site does not answer ({detail}).": "Le site ne répond pas ({detail}).",
    "The site asks to wait and shows nothing else.": "Le site demande d'attendre et n'affiche rien d'autre.",
    "An unexpected page came: {state}.": "Une page inattendue est apparue : {state}.",
    "The site did not accept the login, and does not say why (it shows: {answer}).": (
        "Le site n'a pas accepté l'ouverture de session et ne dit pas pourquoi (il affiche : {answer})."
    ),
    "The site asks a personal question, which only a person can answer or switch off.": (
        "Le site pose une question personnelle : seule une personne peut y répondre ou la désactiver."
    ),
    "The site refused the login: {message}": "Le site a refusé l'ouverture de session : {message}",
    "The login page was expected at {login}, and this came: {state}.": (
        "La page d'ouverture de session était attendue à {login}, et voici ce qui est apparu : {state}."
    ),
    "The login page lies on another host than REGISTRY_BASE_URL: {url}.": (
        "La page d'ouverture de session se trouve sur un autre hôte que REGISTRY_BASE_URL : {url}."
    ),
    "The entry page's {door} leads nowhere.": "L'élément {door} de la page d'accueil ne mène nulle part.",
    "The login was not answered in {page_timeout:.0f} s.": (
        "L'ouverture de session est restée sans réponse pendant {page_timeout:.0f} s."
    ),
    "The browser was lost during the login.": "Le navigateur s'est fermé pendant l'ouverture de session.",
    # registry/forms.py
    "{column}: the row says nothing, and the registry wants one of: {offered}.": (
        "{column} : la ligne ne dit rien, et le registre exige l'un de ces choix : {offered}."
    ),
    "{column}: the registry offers no choice here, and the row says “{wanted}”.": (
        "{column} : le registre n'offre aucun choix ici, et la ligne dit « {wanted} »."
    ),
    "{column}: {refusal}": "{column} : {refusal}",
    "The {source} form has no {selector} (form.{control} in the site map).": (
        "Le formulaire {source} n'a pas l'élément {selector} (form.{control} dans le plan du site)."
    ),
    "The {source} form has no {designation} (form.designation in the site map), but {strangers}, which the site map"
    " does not know.": (
        "Le formulaire {source} n'a pas l'élément {designation} (form.designation dans le plan du site), mais il a"
        " {strangers}, que le plan du site ne connaît pas."
    ),
    "The {source} form holds “{shown}” in {selector}, where “{entered}” was entered.": (
        "Le formulaire {source} contient « {shown} » dans {selector}, alors que « {entered} » y a été saisi."
    ),
    "document_number: the registry's form takes only “{shown}” of “{entered}”, so it has no such number. Nothing was"
    " charged; correct the row.": (
        "document_number : le formulaire du registre n'accepte que « {shown} » de « {entered} », il n'a donc pas ce"
        " numéro. Rien n'a été facturé; corrigez la ligne."
    ),
    # registry/registry_site.py, visit.py
    "The browser could not go on: {said}": "Le navigateur n'a pas pu continuer : {said}",
    "The page went away while it was read.": "La page a disparu pendant sa lecture.",
    "{button} cannot be pressed: it is absent, hidden or covered.": (
        "Le bouton {button} ne peut pas être actionné : il est absent, masqué ou recouvert."
    ),
    "The page did not answer in {page_timeout:.0f} s.": "La page n'a pas répondu en {page_timeout:.0f} s.",
    "{path} cannot be opened: {cause}": "{path} ne peut pas être ouvert : {cause}",
}
