"""Flower with the columns of a row: `flowertemplates/` says how, `flower.py` what; `flowerconfig.py` calls this.

Flower has no option for columns, pages or a search of one's own, so they are put in its modules before it starts.
"""

from __future__ import annotations

from pathlib import Path

import flower  # type: ignore[import-untyped]  # Flower has no types
from flower import events, urls
from flower.views import tasks as pages  # type: ignore[import-untyped]  # the same
from tornado.template import Loader, Template

from extractor.models import Source
from tasks.celery import app
from tasks.flowersearch import RowSearch

COLUMNS = {
    "document": "Document",
    "place": "Place",
    "reason": "Reason",
    "account": "Account",
    "process": "Worker process",
    "attempt": "Attempt",
    "row": "Row",
}
OWN = Path(__file__).parent / "flowertemplates"
# A page here names the page of Flower that it extends with this in front.
FLOWER = "flower/"


class PageLoader(Loader):
    """The pages here, and Flower's where there is none."""

    def _create_template(self, name: str) -> Template:
        own = OWN / name
        path = own if own.is_file() else Path(self.root) / name.removeprefix(FLOWER)
        return Template(path.read_bytes(), name=name, loader=self)


def show_rows() -> None:
    """Let the Flower that starts next show rows, and find a message by its row."""
    pages.TASK_COLUMNS.update(COLUMNS)
    events.TaskSearchEngine = RowSearch
    urls.settings["template_loader"] = PageLoader(str(Path(flower.__file__).parent / "templates"))
    # Flower's page of queues shows the default one too. None is: each message names its queue (`routing.py`).
    app.conf.task_default_queue = str(Source.INDEX)
