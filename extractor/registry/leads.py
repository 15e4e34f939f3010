"""Where a page leads that came instead of a file: what it shows, and the links that a person would try. Pure.

Only what a GET fetches from the same host. No form is sent, and no link is followed that may give the document up.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from urllib.parse import quote, urldefrag, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractor.registry.page_state import fold
from extractor.registry.site_map import SiteMap

_EMBEDDED = (("embed", "src"), ("object", "data"))
_SHOWN = (*_EMBEDDED, ("iframe", "src"), ("frame", "src"))
_REFRESH = re.compile(r"""\s*[\d.]*\s*[;,]\s*(?:url\s*=)?\s*["']?([^"'>]+)""", re.IGNORECASE)
# A page with more links than this is no page between a save link and its file.
_FEW = 3


def decoded(page: bytes) -> tuple[str, str]:
    """The text of a page, and its encoding: one of the two that browsers really use for such a site."""
    try:
        return page.decode(), "utf-8"
    except UnicodeDecodeError:
        return page.decode("cp1252", errors="replace"), "cp1252"


def leads(page: bytes, address: str, site: SiteMap, *, links: bool) -> list[str]:
    """The addresses, in the order in which they are worth a try; `links`: those of its links too."""
    tree, encoding = _parsed(page)
    found = [*_shown(tree), *(_links(tree, site) if links else ())]
    return _addresses(found, tree, encoding, address, site)


def embedded(page: bytes, address: str, site: SiteMap) -> list[str]:
    """The addresses of what the page shows inside itself, but not in a frame."""
    tree, encoding = _parsed(page)
    found = [_value(node, name) for tag, name in _EMBEDDED for node in tree.css(f"{tag}[{name}]")]
    return _addresses([one for one in found if not _says_away(one, site)], tree, encoding, address, site)


def document_links(page: bytes, address: str, site: SiteMap) -> list[str]:
    """The addresses of its links that say that they lead to the document (`texts.document`)."""
    tree, encoding = _parsed(page)
    nodes = [node for node in tree.css("a[href], area[href]") if not _leads_away(node, site)]
    found = [_value(node, "href") for node in nodes if _leads_to_document(node, site)]
    return _addresses(found, tree, encoding, address, site)


def _parsed(page: bytes) -> tuple[LexborHTMLParser, str]:
    text, encoding = decoded(page)
    return LexborHTMLParser(text), encoding


def _addresses(found: list[str], tree: LexborHTMLParser, encoding: str, address: str, site: SiteMap) -> list[str]:
    base = tree.css_first("base[href]")
    resolved = (_resolved(one, address, _value(base, "href") if base else "", encoding) for one in found)
    known = site.paths.before_billing
    return [*dict.fromkeys(one for one in resolved if one and one != address and urlsplit(one).path not in known)]


def _shown(tree: LexborHTMLParser) -> Iterator[str]:
    """What the page shows inside itself, or by itself after a moment."""
    for tag, attribute in _SHOWN:
        yield from (_value(node, attribute) for node in tree.css(f"{tag}[{attribute}]"))
    for node in tree.css("meta[content]"):
        refresh = _REFRESH.match(_value(node, "content"))
        if _value(node, "http-equiv").casefold() == "refresh" and refresh:
            yield refresh[1]


def _links(tree: LexborHTMLParser, site: SiteMap) -> list[str]:
    """The links that say that they lead to the file, then the few others."""
    nodes = [node for node in tree.css("a[href], area[href]") if not _leads_away(node, site)]
    named = [_value(node, "href") for node in nodes if node.css_matches(site.answer.save_link)]
    others = [_value(node, "href") for node in nodes]
    named += [href for href in others if href.partition("?")[0].casefold().endswith(".pdf")]
    return named + (others if len(set(others) - set(named)) <= _FEW else [])


def _leads_away(link: LexborNode, site: SiteMap) -> bool:
    """Whether a link may end the session or give the document up, by its words or its address."""
    return _says_away(_words(link), site)


def _says_away(words: str, site: SiteMap) -> bool:
    return any(fold(word) in fold(words) for word in (*site.texts.away, *site.texts.logout))


def _leads_to_document(link: LexborNode, site: SiteMap) -> bool:
    return any(fold(word) in fold(_words(link)) for word in site.texts.document)


def _words(link: LexborNode) -> str:
    return f"{link.text(separator=' ')} {_value(link, 'title')} {_value(link, 'href')}"


def _resolved(lead: str, address: str, base: str, encoding: str) -> str | None:
    """A lead as the browser would ask for it; None for one that no GET fetches from this host."""
    lead = re.sub(r"[\t\r\n]", "", lead).strip()
    try:
        parts = urlsplit(urldefrag(urljoin(urljoin(address, base), lead)).url)
        if parts.scheme not in ("http", "https") or parts.hostname != urlsplit(address).hostname:
            return None
    except ValueError:
        return None
    path = quote(parts.path, safe=string.punctuation)
    query = quote(parts.query, safe=string.punctuation, encoding=encoding, errors="replace")
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _value(node: LexborNode, attribute: str) -> str:
    return node.attributes.get(attribute) or ""
