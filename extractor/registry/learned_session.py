"""What one login has seen of the forms: a learned request is sent only where its own forms agreed with what is kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from playwright.sync_api import Cookie

from extractor.models import Source
from extractor.registry.answers import Answers
from extractor.registry.forms import Select, option_for
from extractor.registry.learned_form import observe, read_form
from extractor.registry.learned_request import FormBody, Observation, Offered, as_options
from extractor.registry.single_post import Sent
from extractor.registry.visit import Visit

# Seconds. The site ends an idle login, after 20 minutes or earlier (docs/site.md#login): a form proves it first.
PROVED_FOR = 300.0


class LearnedRequests:
    """Belongs to one login: a hidden field may hold what is only true of it, so another login proves its own form."""

    def __init__(self, visit: Visit, cookies: Callable[[], Sequence[Cookie]]) -> None:
        self._visit = visit
        self._cookies = cookies
        self._bodies: set[tuple[Source, FormBody]] = set()
        self._proved_at: float | None = None
        self._submit: tuple[Source, dict[str, Any], Sent] | None = None

    @property
    def site(self) -> str:
        """Names what the client knows of the site, and the program: another one learns from the beginning."""
        said = f"{self._visit.base_url} {version('registre-extractor')} {self._visit.site.model_dump_json()}"
        return hashlib.sha256(said.encode()).hexdigest()

    def note_login_proved(self) -> None:
        """A form or a document came just now."""
        self._proved_at = time.monotonic()

    @property
    def is_proved(self) -> bool:
        """Whether the login surely lives."""
        return self._proved_at is not None and time.monotonic() - self._proved_at < PROVED_FOR

    def has_seen(self, source: Source, body: FormBody) -> bool:
        """Whether a form of this login posted this body."""
        return (source, body) in self._bodies

    @contextmanager
    def watching(self, source: Source, button: str, answers: Answers) -> Iterator[None]:
        """Note what the filled form shows, and what the block posts of it."""
        self._submit = None
        shown = read_form(self._visit, source, button)
        try:
            yield
        finally:
            if shown is not None and answers.submitted is not None:
                self._submit = source, shown, answers.submitted

    def observation(self, secrets: Iterable[str]) -> Observation | None:
        """The last submit of a form, once; None when there was none. Raises NotLearned, BrowserLost."""
        submit, self._submit = self._submit, None
        if submit is None:
            return None
        cookies = [cookie.get("value", "") for cookie in self._cookies()]
        source, shown, sent = submit
        held = [*secrets, *(value for value in cookies if len(value) > 3)]
        seen = observe(source, shown, sent, base_url=self._visit.base_url, secrets=held)
        self._bodies = {(of, body) for of, body in self._bodies if of != source or _is_sibling(body, seen.body)}
        self._bodies.add((source, seen.body))
        return seen

    def value_for(self, wanted: str | None, offered: Iterable[Offered], column: str) -> str:
        """The value of the option that the form would get; raises NameNotMatched."""
        options = as_options(tuple(offered))
        select = Select(options, chosen=options[0].value if options else "", reloads=False)
        return option_for(wanted, select, none_values=self._visit.site.form.none_values, column=column).value


def _is_sibling(one: FormBody, other: FormBody) -> bool:
    """Whether both may be the same form: a cadastre without désignations has one field less."""
    return {field.name for field in one.fields} != {field.name for field in other.fields}
