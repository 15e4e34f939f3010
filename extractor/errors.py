"""Every failure of the system, and what each one means for the row, the session and the account.

    ExtractorError
    ├── ConfigurationError        a setting is missing or contradicts another; nothing starts
    │   ├── BrowserNotFound       no Chromium works here
    │   └── MigrationRefused      the tables cannot be made or adopted; nothing was changed
    ├── NoAccountAvailable        no account is usable: leased, resting, sealed, …        snooze
    ├── JobLost                   the row was given to another attempt                    drop
    ├── RequestChanged            a person changed what the row asks for                  again
    ├── JobError                  the row is at fault, or its answer is final
    │   ├── InvalidRequest        the row cannot be asked as it stands (also migrations)  hold
    │   ├── NameNotMatched        no option of the select is close enough                 hold
    │   ├── DocumentNotFound      the registry says there is no such document             hold
    │   ├── SimilarNumbersOnly    the registry offers other numbers, never this one       hold
    │   ├── PaperOnly             the registry keeps this document on paper               hold
    │   ├── PlanNotChosen         several plans are offered; the latest cannot be told    hold
    │   ├── RegistryMessage       the registry answered something that we do not know     retry
    │   ├── DocumentRefused       it was paid, and no reader opens what came              hold
    │   ├── WrongDocument         the PDF says that it is another document                hold
    │   ├── DocumentTimeout       submitted, perhaps charged, no document in the bound    retry
    │   ├── ConsultationLimit     one more consultation would pass the row's limit        hold
    │   └── Cancelled             a person cancelled it before the click                  hold
    ├── DailyLimit                the day's consultations are spent: the row waits        snooze, until tomorrow
    ├── SourceStopped             money brought no documents: a person must resume        snooze
    ├── OutOfTime                 too little of the attempt is left to wait for one       snooze
    ├── SiteError                 the site is at fault: the row keeps its attempt         snooze
    │   ├── SiteUnavailable       unreachable, or answers 5xx
    │   ├── SiteClosed            outside opening hours
    │   └── SiteChanged           a page that the site map does not describe
    ├── SessionError              the session is at fault: retire it, log in again        snooze
    │   ├── SessionExpired        the site asks to log in
    │   └── BrowserLost           Chromium or its driver is gone
    ├── AccountError              the account is at fault: the session ends               snooze
    │   ├── LoginRefused          the site refused the user code or the password: it rests
    │   ├── AccountLost           another has it, or a person disabled, deleted or changed it
    │   └── PasswordSealed        its password is sealed, and no key here opens it
    ├── StorageError              storage is at fault: the document stays in the spool    snooze
    ├── DatabaseUnavailable       Postgres did not take a write inside the bound          snooze
    ├── DiskFull                  a paid document might not fit: nothing is claimed       snooze
    ├── Stopping                  the worker was asked to stop: nothing new is begun      return
    └── UnexpectedError           a defect in this program                                retry

`extractor/worker/outcome.py` is the one place that acts on these.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # only the worker needs pages at run time, and `extractor --help` imports this file
    from extractor.models import Evidence


class Consequence(Enum):
    """What becomes of the row."""

    RETRY = "retry"  # the attempt is used; again after a backoff, `Erreur` when none is left
    SNOOZE = "snooze"  # the attempt is given back
    HOLD = "hold"  # `Erreur`, until a person decides
    RETURN = "return"  # as if it had never been claimed
    DROP = "drop"  # another attempt has the row now: write nothing
    AGAIN = "again"  # it asks for something else now: as a new row would


class ExtractorError(Exception):
    """Base of all; `code` is what the row's `error_code` shows."""

    code: ClassVar[str] = "unexpected"
    consequence: ClassVar[Consequence] = Consequence.RETRY
    retires_session: ClassVar[bool] = False

    evidence: Evidence | None = None
    """What the page showed when this was raised; none for what no page is about."""


class ConfigurationError(ExtractorError):
    """A setting is missing or contradicts another; the message is a sentence for the user."""

    code = "configuration"


class BrowserNotFound(ConfigurationError):
    """No browser works here, or the one that BROWSER_EXECUTABLE names does not."""


class MigrationRefused(ConfigurationError):
    """The tables cannot be made, or those that are there cannot be adopted. The database is as it was."""


class NoAccountAvailable(ExtractorError):
    """Every account is leased, resting, disabled, has failed three times or is sealed with a key that is not here."""

    code = "no_account"
    consequence = Consequence.SNOOZE


class JobLost(ExtractorError):
    """The row is no longer this attempt's: rescued, reset by a person, or deleted."""

    code = "job_lost"
    consequence = Consequence.DROP


class RequestChanged(ExtractorError):
    """A person changed what the row asks for while an attempt was at work on it; the message says what was bought."""

    code = "request_changed"
    consequence = Consequence.AGAIN


class JobError(ExtractorError):
    """The row is at fault, or the registry's answer to it is final."""

    consequence = Consequence.HOLD


class InvalidRequest(JobError):
    """The row cannot be asked as it stands."""

    code = "invalid_request"


class NameNotMatched(JobError):
    """A name of the row matches no option of the registry's select closely enough."""

    code = "name_not_matched"


class DocumentNotFound(JobError):
    """The registry says, in the words of the message, that there is no such document."""

    code = "document_not_found"


class SimilarNumbersOnly(JobError):
    """The registry offers similar numbers; none is the requested one."""

    code = "similar_numbers_only"


class PaperOnly(JobError):
    """The registry keeps this document on paper only."""

    code = "paper_only"


class PlanNotChosen(JobError):
    """Several plans are offered, and which is the latest cannot be told."""

    code = "plan_not_chosen"


class RegistryMessage(JobError):
    """The registry answered with a message that the site map does not know; the error quotes it."""

    code = "registry_message"
    consequence = Consequence.RETRY


class DocumentRefused(JobError):
    """No reader opens what came, however often it was fetched. It was paid, so a person decides what to do."""

    code = "document_refused"


class WrongDocument(JobError):
    """The PDF's own text says that it is another document; it was paid, and is kept as evidence."""

    code = "wrong_document"


class DocumentTimeout(JobError):
    """Submitted, perhaps charged, and no document inside the bound."""

    code = "document_timeout"
    consequence = Consequence.RETRY
    retires_session = True


class ConsultationLimit(JobError):
    """One more consultation would pass the limit of the row."""

    code = "consultation_limit"


class Cancelled(JobError):
    """A person cancelled the row, and nothing was charged."""

    code = "cancelled"


class DailyLimit(ExtractorError):
    """The consultations of the day are spent; the row waits until tomorrow."""

    code = "daily_limit"
    consequence = Consequence.SNOOZE


class SourceStopped(ExtractorError):
    """The system paused the source, since money brought no documents; this row came to its click just afterwards."""

    code = "source_stopped"
    consequence = Consequence.SNOOZE


class OutOfTime(ExtractorError):
    """A click was not made: the rest of the attempt's time could not cover the wait for its document."""

    code = "out_of_time"
    consequence = Consequence.SNOOZE


class SiteError(ExtractorError):
    """The site is at fault; the row keeps its attempt, and the source's breaker opens after several in a row."""

    consequence = Consequence.SNOOZE
    breaker_threshold: ClassVar[int] = 3  # one failure may be bad luck


class SiteUnavailable(SiteError):
    """The site cannot be reached, or answers with a server error."""

    code = "site_unavailable"
    retires_session = True


class SiteClosed(SiteError):
    """The site is outside its opening hours."""

    code = "site_closed"
    breaker_threshold = 1


class SiteChanged(SiteError):
    """A page is not one that the site map describes."""

    code = "site_changed"
    retires_session = True
    breaker_threshold = 1


class SessionError(ExtractorError):
    """The session is at fault; it is retired and another is opened."""

    consequence = Consequence.SNOOZE
    retires_session = True


class SessionExpired(SessionError):
    """The site asks to log in where a logged-in page was expected."""

    code = "session_expired"


class BrowserLost(SessionError):
    """Chromium or its driver is gone, or no longer answers."""

    code = "browser_lost"


class AccountError(ExtractorError):
    """The account is at fault; the row is given back."""

    consequence = Consequence.SNOOZE
    retires_session = True


class LoginRefused(AccountError):
    """The site refused the user code or the password."""

    code = "login_refused"


class AccountLost(AccountError):
    """The account is another holder's, or a person disabled, deleted or changed it: this process may not log in."""

    code = "account_lost"


class PasswordSealed(AccountError):
    """The account's password is sealed and cannot be opened here; the message says why."""

    code = "password_sealed"


class StorageError(ExtractorError):
    """Storage did not take the document; it stays in the spool and only the upload is retried."""

    code = "storage"
    consequence = Consequence.SNOOZE


class DatabaseUnavailable(ExtractorError):
    """Postgres cannot be reached or takes no writes; what was written stays, what was bought is in the spool."""

    code = "database_unavailable"
    consequence = Consequence.SNOOZE


class DiskFull(ExtractorError):
    """Too little space is left on the spool's disk for a paid document."""

    code = "disk_full"
    consequence = Consequence.SNOOZE


class Stopping(ExtractorError):
    """The worker was asked to stop, and this cannot end in the time left."""

    code = "stopping"
    consequence = Consequence.RETURN


class UnexpectedError(ExtractorError):
    """An error that no class here describes: a defect in this program, with its cause attached."""

    retires_session = True
