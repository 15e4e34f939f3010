"""The shapes of a wait and the faults of a file: the values of two variants, which are long."""

from __future__ import annotations

from typing import Literal

Waiting = Literal[
    "reload",
    "held",
    "late_menu",
    "blank_script",
    "blank_refresh",
    "foreign_frame",
    "foreign_frame_mute",
    "interstitial",
    "script_hops",
    "error_502",
    "error_503",
    "empty",
    "mute",
]
"""How a visitor waits for a slow document at its address. Known shapes: a page that says so and reloads itself, an
answer that the site holds back, a `menu` frame that is blank at first. Unknown ones: a blank page that reloads itself
by script or by its meta element; a frameset whose only frame is foreign, with and without words that are known; a
title with a link that gives the document up; pages that lead on to each other by script. Those that do not go on by
themselves, but whose address has the document later: an error page, an empty answer, a page without known words.
"""

LinkFault = Literal["status_404", "status_500", "status_503", "closed"]
"""The save link answers with an error page instead of the file, or with one that says that the site is closed."""

TransferFault = Literal[
    "cut",
    "stall",
    "length_too_long",
    "length_too_short",
    "type_html",
    "type_octet_stream",
    "whole_206",
    "whole_500",
    "gzip_cut",
]
"""The file is whole, and its transfer is not as it should be: cut after half of it; silent for ever after half of it;
a Content-Length of more bytes than come, or of fewer, so that `%%EOF` is behind it; another content type; a status
that says that this is a part, or an error; compressed unasked, without the last bytes of that.
"""

ByteFault = Literal[
    "html",
    "half",
    "empty",
    "junk_before",
    "html_behind",
    "zeros_behind",
    "no_eof",
    "update_cut",
    "broken_xref",
    "open_encryption",
    "unknown_encryption",
    "password",
    "no_page",
    "strokes",
]
"""The transfer is right, and the bytes are wrong: an HTML page, half of the file, or nothing; something before `%PDF-`
or behind `%%EOF`, or no `%%EOF`, or an update behind it that is cut off; a cross-reference table that points to wrong
places; encryption whose password is empty, whose handler is unknown, or whose password is real; a document without a
page; a page that takes long to draw.
"""

TextFault = Literal[
    "another_document",
    "another_that_quotes",
    "another_suffix",
    "another_cadastre",
    "another_circonscription",
    "no_text",
]
"""A sound PDF whose text does not fit: another number, without and with the asked one quoted in its rows; `24A` for 24
(for an acte: with a T, or without); the right number in another place (an acte names no cadastre); nothing to read.
"""

FileFault = Literal[LinkFault, TransferFault, ByteFault, TextFault]
