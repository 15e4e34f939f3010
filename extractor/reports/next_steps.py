"""What a person does next about a row that stopped: one step per error code, which says what it means for money.

docs/troubleshoot.md explains the same codes at length.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from extractor.language.sentences import Sentence
from extractor.matching.mismatches import offered_names
from extractor.models import RowId
from extractor.words import dollars

# Column → the option of `extractor edit`, and what stands there until a person writes the right text.
OPTIONS = {
    "document_source": ("--source", "SOURCE"),
    "document_number": ("--number", "NUMBER"),
    "circonscription_fonciere": ("--circonscription", "NAME"),
    "cadastre": ("--cadastre", "NAME"),
    "designation_secondaire": ("--designation", "NAME"),
    "acte_type": ("--acte-type", "TYPE"),
}
SHOW, DOCTOR, ACCOUNTS = "extractor show {id}", "extractor doctor", "extractor accounts list"
RETRY, ALLOW = "extractor retry {id}", "extractor retry {id} --allow-one-more"
NUMBER = "extractor edit {id} --number NUMBER"


@dataclass(frozen=True)
class NextStep:
    """What to do, and the command that helps; none where no command does."""

    sentence: Sentence
    command: str | None


_ONCE_MORE = Sentence(
    "The fault was not the row's. See whether one of its clicks was charged; send it again once the cause is gone,"
    " which"
    " may cost {price}.",
    price=dollars(1),
)
_ACCOUNT = Sentence(
    "The fault was an account's. See which account can log in, then send the row again, which may cost {price}.",
    price=dollars(1),
)
_LOOK_FIRST = Sentence(
    "Unless the message says that nothing was bought, it is paid: do not pay again before you have looked at what came"
    " (document.bin in the evidence) and at the account's billing history. To send it again may cost {price} more.",
    price=dollars(1),
)
_BOUGHT = Sentence("Its document is bought and waits on a spool, so to send it again costs nothing.")
_SITE = Sentence(
    "The site was at fault. See what the page showed; send the row again once the site works, which may cost {price}.",
    price=dollars(1),
)

STEPS: dict[str, NextStep] = {
    # The row, or the registry's answer to it
    "invalid_request": NextStep(
        Sentence("Nothing was charged. Correct the column that the message names; the row is then sent again."), None
    ),
    "name_not_matched": NextStep(
        Sentence("Nothing was charged. Write the name as the registry spells it; the row is then sent again."),
        "extractor places",
    ),
    "document_not_found": NextStep(
        Sentence(
            "Nothing was charged, as far as is known. Check the number, the circonscription and the cadastre in your"
            " papers, and correct what is wrong; the corrected row may cost {price}.",
            price=dollars(1),
        ),
        NUMBER,
    ),
    "similar_numbers_only": NextStep(
        Sentence(
            "Nothing was charged. If one of the numbers offered is yours, correct the number, which may cost {price};"
            " if"
            " several documents have the same number, get yours by hand.",
            price=dollars(1),
        ),
        NUMBER,
    ),
    "paper_only": NextStep(
        Sentence(
            "Nothing was charged, and to send it again helps nothing: the registry has no file of this document. Order"
            " it from the registry's office."
        ),
        None,
    ),
    "plan_not_chosen": NextStep(
        Sentence(
            "Nothing was charged, and to send it again helps nothing. See which plans the registry offers, and get the"
            " right one by hand."
        ),
        SHOW,
    ),
    "registry_message": NextStep(
        Sentence(
            "Read what the registry answered. If that is final, leave the row; else see whether a click was charged,"
            " and"
            " send it again, which may cost {price}.",
            price=dollars(1),
        ),
        SHOW,
    ),
    "document_refused": NextStep(_LOOK_FIRST, SHOW),
    "wrong_document": NextStep(_LOOK_FIRST, SHOW),
    "document_timeout": NextStep(
        Sentence(
            "It was perhaps charged. Compare the clicks with the account's billing history before you send it again,"
            " which may cost {price} more.",
            price=dollars(1),
        ),
        SHOW,
    ),
    "consultation_limit": NextStep(
        Sentence(
            "Its consultations so far were perhaps charged. Look at the account's billing history; then one more"
            " consultation can be allowed, which may cost {price}.",
            price=dollars(1),
        ),
        ALLOW,
    ),
    "cancelled": NextStep(
        Sentence("A person cancelled it. If you want the document after all, it may cost {price}.", price=dollars(1)),
        RETRY,
    ),
    "cancelled_late": NextStep(
        Sentence("The document was paid and is kept: there is nothing to do."),
        None,
    ),
    "request_changed": NextStep(
        Sentence(
            "Check what the row asks for now. The earlier document stays in storage; the other one may cost {price}.",
            price=dollars(1),
        ),
        RETRY,
    ),
    "job_lost": NextStep(Sentence("Another attempt has the row. See what it did."), SHOW),
    # The worker
    "worker_lost": NextStep(
        Sentence(
            "A click before the worker's end may have been charged. See the clicks of the row before you send it again,"
            " which may cost {price}.",
            price=dollars(1),
        ),
        SHOW,
    ),
    "poison_row": NextStep(
        Sentence(
            "The row itself is probably the cause. Read the logs of the workers that it names and look at the memory of"
            " their hosts; send it again when you know why, which may cost {price}.",
            price=dollars(1),
        ),
        SHOW,
    ),
    "unexpected": NextStep(
        Sentence(
            "This is a defect in the program. Keep the evidence and the log, and report it. To send it again may cost"
            " {price}.",
            price=dollars(1),
        ),
        SHOW,
    ),
    "stopping": NextStep(_ONCE_MORE, SHOW),
    "browser_lost": NextStep(_ONCE_MORE, SHOW),
    "disk_full": NextStep(
        Sentence(
            "Make room on the worker's disk, but never delete a PDF of the spool:"
            " it is paid. Then send the row again, which may cost {price}.",
            price=dollars(1),
        ),
        DOCTOR,
    ),
    "out_of_time": NextStep(
        Sentence(
            "Its last attempt made no click that it could not wait out. If this happens often, raise"
            " JOB_TIMEOUT_SECONDS; then send the row again,"
            " which may cost {price}.",
            price=dollars(1),
        ),
        RETRY,
    ),
    # The account and the session
    "no_account": NextStep(_ACCOUNT, ACCOUNTS),
    "login_refused": NextStep(_ACCOUNT, ACCOUNTS),
    "password_sealed": NextStep(_ACCOUNT, ACCOUNTS),
    "account_lost": NextStep(_ACCOUNT, ACCOUNTS),
    "session_expired": NextStep(_ACCOUNT, ACCOUNTS),
    # The site
    "site_unavailable": NextStep(_SITE, DOCTOR),
    "site_closed": NextStep(_SITE, DOCTOR),
    "site_changed": NextStep(_SITE, SHOW),
    # Storage, Postgres, settings, money
    "storage": NextStep(
        Sentence(
            "Storage did not take the document or could not be asked; the message says whether it is bought. Correct"
            " what it names, then send the row again."
        ),
        DOCTOR,
    ),
    "database_unavailable": NextStep(
        Sentence(
            "Postgres was away. A document that came is safe in the spool; see the clicks before you send the row"
            " again."
        ),
        SHOW,
    ),
    "configuration": NextStep(
        Sentence("Nothing was charged. Correct the setting that the message names, and restart the worker."), DOCTOR
    ),
    "source_stopped": NextStep(
        Sentence(
            "Its click was not made. Consultations of its source brought no documents: read the reason, then resume the"
            " source."
        ),
        "extractor status",
    ),
    "daily_limit": NextStep(
        Sentence(
            "The limit of the day was reached before its click. The row can go tomorrow, and may cost {price}.",
            price=dollars(1),
        ),
        "extractor spend",
    ),
}
# A code of a later program, or one that a person wrote.
UNKNOWN = NextStep(
    Sentence("See what happened in each attempt before you send it again, which may cost {price}.", price=dollars(1)),
    SHOW,
)


def next_step(job_id: RowId, error_code: str | None, message: str | None, *, is_bought: bool = False) -> NextStep:
    """The step for a row with this error; of a message that names a column the command corrects that column.

    `is_bought`: its document lies on a spool, and only its way into storage failed.
    """
    if is_bought:
        return NextStep(_BOUGHT, RETRY.replace("{id}", shlex.quote(job_id)))
    step = STEPS.get(error_code or "", UNKNOWN)
    if error_code in ("invalid_request", "name_not_matched"):
        step = _correction(step, message or "") or step
    return NextStep(step.sentence, step.command and step.command.replace("{id}", shlex.quote(job_id)))


def _correction(step: NextStep, message: str) -> NextStep | None:
    column, names = offered_names(message)
    if column not in OPTIONS:
        return None
    option, text = OPTIONS[column]
    edit = f"extractor edit {{id}} {option} "
    if not names:
        return NextStep(step.sentence, edit + text)
    nearest = Sentence(
        "Nothing was charged. The nearest names of the registry are: {names}. If the first is right, this command"
        " writes"
        " it and sends the row again, which may cost {price}; for another, write that one.",
        names=" · ".join(names),
        price=dollars(1),
    )
    return NextStep(nearest, edit + shlex.quote(names[0]))
