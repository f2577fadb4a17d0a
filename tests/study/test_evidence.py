"""A conclusion is as sure as its evidence: shares and words against a table by hand, and live in the workbook."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen import api
from reportgen.book.changes import read_changes
from reportgen.book.studies import Robustness
from reportgen.engine.evaluation import evaluate
from reportgen.engine.results import Results
from reportgen.render.document.output import html_text
from reportgen.render.excel.workbook import workbook_bytes
from reportgen.render.markdown.page import markdown
from reportgen.report.outline import report_of
from reportgen.study.evidence import entered
from tests.parity.engines.ironcalc_oracle import Model
from tests.parity.workbooks import expected, place
from tests.study.test_robustness import OFFERS

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.book.book import Book

SCENARIO = (
    OFFERS
    + """\
  b: {price_accelerator: B, hourly_price: 1.6, price_currency: USD, price_date: 2026-11-01}
  c: {price_accelerator: B, hourly_price: 1.8, price_currency: USD, price_date: 2026-11-01}
options:
  baseline: {title: Today, model: Llama-3.1-8B, accelerator: A, price: a}
  cheap: {title: Cheap, accelerator: B, price: b}
  middle: {title: Middle, accelerator: B, price: c}
sensitivity: {option: best, drivers: [price], samples: 400}
"""
)

# From this share of the samples in which the recommended option is the best on: the word that follows.
# The lead over the runner-up is 1 - 1.60 / 1.80 = 11 %, well visible.
WORDS = ((80.0, "Clear"), (50.0, "Likely"), (0.0, "Too close to call"))


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("evidence") / "offers.yaml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def book(offers: Path) -> Book:
    return api.check(offers)


def sampled(book: Book, *shares: float, none: float = 0.0) -> Results:
    """The scenario as if the samples had given these shares of Today, Cheap and Middle."""
    assert book.studies.robustness is not None
    won = dict(zip(("baseline", "cheap", "middle"), shares, strict=True))
    real = book.studies.robustness
    robust = Robustness("cheap", 400, 1, won, none, real.switches, real.holds_for)
    return Results(entered(book, robust, "cheap"))


def test_the_word_follows_the_share(book: Book) -> None:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 1000), st.integers(0, 1000))
    def follows(mine: int, rest: int) -> None:
        other = min(rest, 1000 - mine)
        results = sampled(book, (1000 - mine - other) / 1000, mine / 1000, other / 1000)
        word = next(word for least, word in WORDS if mine / 10 >= least)
        assert str(results.get("sureness_words")).startswith(f"{word}: the best option in ")
        title, plain = str(results.get("report_title")), str(results.get("title_gain"))
        assert {
            "Clear": title == plain,
            "Likely": title.startswith(f"Likely: {plain}; “"),
            "Too close to call": title.startswith("Too close to call: “") and plain not in title,
        }[word], title

    follows()


def test_what_is_too_close_to_call_names_who_wins_most_and_what_to_find_out(book: Book) -> None:
    two = sampled(book, 0.05, 0.45, 0.50)
    end = "; find out the price of the hardware (B) first"
    assert two.get("report_title") == f"Too close to call: “Middle” or “Cheap”{end}"
    three = sampled(book, 0.2, 0.45, 0.35)
    assert three.get("report_title") == f"Too close to call: “Cheap”, “Middle” or “Today”{end}"
    assert str(three.get("sureness_words")).startswith(
        "Too close to call: the best option in 45 % of 400 samples of the uncertain inputs; “Middle” in 35 %. "
        "Runner-up: “Middle”, beaten by 11 % on cost per year."
    )


def test_a_likely_conclusion_says_what_would_change_it(book: Book) -> None:
    # B's price moves Cheap and Middle alike: at 2.00 instead of 1.60, 25 % higher, today's offer is as cheap
    words = "“Today” is the best if the price of the hardware (B) is 25 % higher"
    results = sampled(book, 0.2, 0.6, 0.2)
    assert results.get("report_title") == f"Likely: {results.get('title_gain')}; {words}"
    assert str(results.get("sureness_words")).endswith(f"Nearest change: {words}.")


def test_samples_without_a_feasible_option_are_named(book: Book) -> None:
    results = sampled(book, 0.1, 0.3, 0.1, none=0.5)
    assert results.get("report_title") == (
        f"{results.get('title_gain')}; but in 50 % of the samples no option meets every target"
    )
    assert "; none meets every target in 50 %." in str(results.get("sureness_words"))


def test_a_lead_that_does_not_show_is_not_clear(offers: Path, tmp_path: Path) -> None:
    path = tmp_path / "near.yaml"
    path.write_text(SCENARIO.replace("hourly_price: 1.8", "hourly_price: 1.61"))
    assert sampled(api.check(path), 0.0, 1.0, 0.0).get("conclusion") == "likely"  # 1 - 1.60 / 1.61 = 0.6 %


def test_every_output_says_how_sure(book: Book) -> None:
    results = evaluate(book)
    words, title = str(results.get("sureness_words")), str(results.get("report_title"))
    report = report_of(results)
    assert report.title == title
    assert ("How sure", words) in [(a.lead, a.text) for a in report.recommendation.aspects]
    for text in (html_text(results), markdown(report, defaultdict(str))):
        shown = text.replace("\N{NO-BREAK SPACE}", " ")
        assert words in shown
        assert title in shown


def test_without_samples_the_title_is_as_before(offers: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(SCENARIO[: SCENARIO.index("sensitivity:")])
    results = api.evaluate(path)
    assert results.get("report_title") == results.get("title_gain")
    assert "sureness_words" not in results.book.quantities


def test_another_price_changes_title_and_line_in_the_workbook(book: Book, tmp_path: Path) -> None:
    workbook, writer = expected(book)
    path = tmp_path / "offers.xlsx"
    path.write_bytes(workbook_bytes(evaluate(book)))
    program = Model(path)
    before = program.cells()["Summary"]
    assert before["A2"] == evaluate(book).get("report_title")
    program.set(*place(workbook, writer, "hourly_price", ("c",)), 1.0)
    after = program.cells()["Summary"]
    changed = evaluate(book, read_changes(book, ["c.hourly_price=1"]))
    assert changed.get("recommended_option") == "middle"
    assert after["A2"] == changed.get("report_title")
    assert after["A2"].endswith("; how sure this is was sampled for the inputs as built")
    line = next(
        v for v in after.values() if str(v).startswith("“Middle” is recommended for the inputs as they are now.")
    )
    assert line == changed.get("sureness_words")


def test_programs_that_store_fifteen_digits_change_no_constant(book: Book) -> None:
    """LibreOffice writes 15 digits; a constant with more would seem to be edited when the workbook is read back."""
    found = evaluate(book)
    numbers = [*found.plain("best_share").values(), *found.plain("switch_ratio").values(), found.get("none_share")]
    assert numbers
    assert all(float(f"{number:.15g}") == number for number in numbers if isinstance(number, float))
