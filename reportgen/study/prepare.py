"""Build a scenario's book with what studies bring: useful levers, search results, sensitivity cases, evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.build import load_book
from reportgen.engine.explain import with_values
from reportgen.engine.results import Results
from reportgen.errors import EvaluationError
from reportgen.study.evidence import with_evidence
from reportgen.study.screen import screen
from reportgen.study.search import search
from reportgen.study.trials import rebase_trials

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.book.book import Book

__all__ = ["chosen", "prepared_book"]


def prepared_book(
    path: Path, name: str | None = None, mentions: Sequence[str] = (), overlays: Sequence[str] = ()
) -> Book:
    """Read a scenario file and choose its options; arguments and errors as in `load_book`."""
    return chosen(load_book(path, name, mentions, overlays), mentions)


def chosen(book: Book, keep: Sequence[str] = ()) -> Book:
    """Return the book with the options that are evaluated, printed and recalculated; `keep` as in `screen`."""
    try:
        return with_evidence(rebase_trials(search(screen(book, keep))))
    except EvaluationError as error:
        raise with_values(Results(book), error) from None
