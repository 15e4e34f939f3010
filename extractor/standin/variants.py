"""What is unknown about the site (docs/site.md), as settings: each field is a question that the site may answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from extractor.standin.controls import Control
from extractor.standin.kinds import FileFault, Waiting

Step = Literal["entry", "login", "form", "postback", "submit", "selection", "confirm", "document", "download"]
"""A moment of a visit. `selection` and `confirm` are the clicks (their pages belong to the step before);
`document` is the page that shows the document, `download` the file.
"""

InactivePlace = Literal["selection", "confirmation", "own_page", "same_form_page"]


class Variants(BaseModel):
    """One way that the site may behave. The comments name the section of docs/site.md that asks the question."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    # docs/site.md#entry-page
    entry: Literal["link", "area", "image", "other_url"] = "other_url"
    """What leads from the entry page to the login page."""

    # docs/site.md#login
    login_refused_text: str = "Le code d'utilisateur ou le mot de passe est invalide."
    """The message after a wrong password."""
    personal_question: bool = False
    """A question without a right answer follows the password."""
    second_login: Literal["coexists", "throws_first_out", "refused"] = "coexists"
    """A second login of one account: both go on, the first ends, or it is refused until the first has ended."""
    idle_seconds: float = Field(default=20 * 60, gt=0)
    """How long a session may be idle before it dies."""
    expired: Literal["redirect", "login_page", "message"] = "redirect"
    """What a page answers without a live session: a 302 to the login page, that page (200), a message."""
    expire_at: Step | None = None
    """The session dies at this step: once for each account (for each rule, for each draw)."""
    document_belongs_to: Literal["session", "account"] = "session"
    """Who may see a document that was billed: the session that paid, or a later login of its account too."""

    # docs/site.md#index-form
    cadastre_select: Literal["filled_after", "absent_until", "empty_until", "filled_before"] = "absent_until"
    """`#selCadst` before a circonscription is chosen: 000001 only, absent, no options, the whole province."""
    none_value: Literal["A", "000000"] = "A"
    """The value of "none" in `#selDesgnSecnd`."""
    number_length: int | None = Field(default=None, ge=1)
    """`maxlength` of the field for the number: a browser cuts off the rest."""
    redirects: int = Field(default=2, ge=1, le=15)
    """How many 302 lie between the paid click and the document."""

    # docs/site.md#acte-form
    acte_postback: bool = False
    """Choosing a circonscription reloads the acte form too."""

    # docs/site.md#plan-form, docs/site.md#plan-selection
    plan_order: Literal["newest_first", "oldest_first", "shuffled"] = "newest_first"
    """The order of the plans on the selection page."""
    plan_confirmation: bool = True
    """A plan passes the confirmation page."""
    inactive_where: InactivePlace = "confirmation"
    """Where `est inactif` is said."""

    # docs/site.md#waiting, docs/site.md#document-page
    waiting: Waiting = "reload"
    """What is at a slow document's address until it is ready."""
    waiting_seconds: float = Field(default=3, ge=0)
    """How long a slow document takes."""
    every_document_waits: bool = False
    """All documents are slow, not only those whose number ends in 413."""
    save_link: Literal["menu", "top"] = "menu"
    """Where the save link is: the `menu` frame (td.menuBoutnCentr) or the top page (td.fondOrang)."""
    delivery: Literal["attachment", "inline", "new_window", "intermediate_page"] = "attachment"
    """The save link downloads, shows in the `page` frame, in a new window, or opens a page that downloads."""

    # docs/site.md#the-file
    file_fault: FileFault | None = None
    """What is wrong with the file behind the save link: on every download of a document, unless the next two end it."""
    file_fault_times: int | None = Field(default=None, ge=1)
    """After this many downloads of a document its file comes whole."""
    file_fault_seconds: float | None = Field(default=None, gt=0)
    """From this long after the first download of a document on, its file comes whole."""
    file_junk_bytes: int = Field(default=1000, ge=1)
    """How many bytes `junk_before` puts before `%PDF-`."""
    file_strokes: int = Field(default=1_000_000, ge=1)
    """How many strokes `strokes` draws."""

    # docs/site.md#hours
    closed: bool = False
    """Outside opening hours: every page answers 200 and says so."""

    # Nature of any site
    encoding: Literal["utf-8", "iso-8859-1"] = "utf-8"
    """Charset of pages (header and meta) and of what their forms post."""
    slow_pages_ms: int = Field(default=0, ge=0)
    """Delay of every page, on top of the server's `--latency-ms`."""
    error_status: Literal[500, 503] | None = None
    """Answer this instead of the page, at `error_at`, every time (nothing is billed)."""
    error_at: Step = "form"
    """The step that `error_status` strikes."""
    renamed_ids: bool | tuple[Control, ...] = False
    """The layout changed: controls have another id and name (`selCadst` -> `selCadstV2`); all, or some."""
    charge_then: Literal["hang", "502", "cut", "hang_and_cut"] | None = None
    """The consultation is billed, then the answer takes `hang_seconds`, or is a 502, or the line is cut before its
    first byte: at once, or after `hang_seconds`."""
    hang_seconds: float = Field(default=60, ge=0)
    """How long a billed answer hangs."""
    down_seconds: float = Field(default=0, ge=0)
    """For this long after a billed click, every page answers the account that paid with 503."""
