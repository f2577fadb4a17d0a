"""The body of a report is short, and the appendix begins on a page of its own, as the PDF's bookmarks say."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest

from reportgen import api
from reportgen.render.document.output import pdf_bytes
from reportgen.report.design import Design
from reportgen.report.outline import report_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.report.design import Paper

ROOT = Path(__file__).resolve().parents[2]
MOST = 6  # pages


def below(items: Iterable[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    for item in items:
        yield item
        yield from below(item.children)


def start_of_appendix(pdf: pikepdf.Pdf) -> int | None:
    """The number of pages before the appendix, or None if there is no appendix."""
    pages = [page.obj.objgen for page in pdf.pages]
    with pdf.open_outline() as outline:
        starts = [pages.index(i.destination[0].objgen) for i in below(outline.root) if i.title == "Appendix"]  # type: ignore[index,union-attr]
    return starts[0] if starts else None


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("spec", ["alice", "bob", "novelists", "procurement"])
def test_the_body_has_at_most_six_pages(spec: str, paper: Paper) -> None:
    results = api.evaluate(ROOT / "specs" / f"{spec}.yaml")
    with pikepdf.open(io.BytesIO(pdf_bytes(results, b"PK", Design(paper=paper)))) as pdf:
        body = start_of_appendix(pdf)
        assert body is not None
        assert 4 <= body <= MOST


def test_a_report_without_an_appendix_is_its_body() -> None:
    results, design = api.evaluate(ROOT / "specs" / "alice.yaml"), Design(appendix=False)
    report = report_of(results, design)
    assert report.sections == report_of(results).sections
    assert not any((report.appendices, report.assumptions, report.glossary, report.sources))
    with pikepdf.open(io.BytesIO(pdf_bytes(results, b"PK", design))) as alone:
        assert start_of_appendix(alone) is None
        assert len(alone.pages) <= MOST


def test_the_report_explains_the_recommended_option() -> None:
    results = api.evaluate(ROOT / "specs" / "bob.yaml")
    recommended = results.get("recommended_option")
    assert recommended != results.book.baseline
    assert results.get("explained_option") == recommended
    limits = {stage: str(results.get("limited_by", str(recommended), stage)) for stage in ("prefill", "decode")}
    assert all(limit in str(results.get("roofline_finding")) for limit in limits.values())
    title = results.plain("option_title")[str(recommended),]
    tables = [b.title for s in report_of(results).appendices for b in s.blocks if b.kind == "table"]
    assert f"{title}, decode: all operators" in tables
