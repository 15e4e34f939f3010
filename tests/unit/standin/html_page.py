"""A page as a browser would see it, read with the standard library's parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx


@dataclass
class Form:
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)  # select -> text -> value
    rows: list[str] = field(default_factory=list)  # text of each table row that has a radio


class Page(HTMLParser):
    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.status = response.status_code
        self.url = response.url
        self.source = response.text
        self.forms: list[Form] = []
        self.links: dict[str, dict[str, str]] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.frames: dict[str, str] = {}
        self.messages: list[str] = []
        self._path: list[str] = []
        self._select = ""
        self._option = self._option_text = ""
        self._row = ""
        self._row_has_radio = False
        self._anchor: dict[str, str] = {}
        self.feed(response.text)

    @property
    def message(self) -> str:
        return " ".join(self.messages)

    @property
    def is_logged_in(self) -> bool:
        return "Fermer la session" in self.links

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        self._path.append(f"{tag}.{attributes.get('class', '')}")
        name = attributes.get("name", "")
        match tag:
            case "form":
                self.forms.append(Form(action=attributes["action"]))
            case "input":
                self._input(attributes)
            case "select":
                self._select = name
                self.forms[-1].options[name] = {}
            case "option":
                self._option, self._option_text = attributes["value"], ""
                self._choose_option(is_selected="selected" in attributes)
            case "frame" | "iframe":
                self.frames[name] = attributes["src"]
            case "tr":
                self._row, self._row_has_radio = "", False
            case "a":
                self._anchor = attributes

    def handle_endtag(self, tag: str) -> None:
        while self._path and not self._path.pop().startswith(f"{tag}."):
            pass
        if tag == "tr" and self._row_has_radio:
            self.forms[-1].rows.append(self._row.strip())
        elif tag == "option":
            self.forms[-1].options[self._select][self._option_text] = self._option

    def handle_data(self, data: str) -> None:
        innermost = self._path[-1] if self._path else ""
        self._row += data
        if innermost == "td.contValErr":
            self.messages.append(data)
        elif innermost == "option.":
            self._option_text = data.strip()
        elif innermost == "a.":
            self.links[data] = self._anchor

    def _choose_option(self, *, is_selected: bool) -> None:
        if is_selected or self._select not in self.forms[-1].fields:
            self.forms[-1].fields[self._select] = self._option

    def _input(self, attributes: dict[str, str]) -> None:
        form, name = self.forms[-1], attributes["name"]
        match attributes["type"]:
            case "submit":
                form.buttons[name] = attributes["value"]
            case "radio":
                self._row_has_radio = True
                if "checked" in attributes:
                    form.fields[name] = attributes["value"]
            case _:
                form.fields[name] = attributes["value"]
