"""Payments over the horizon: lines from the purchase and the yearly sums, and the month in which two of them meet."""

from __future__ import annotations

import pytest

from reportgen.render.charts.draw import fill
from reportgen.report.figures.payments import payments_figure
from reportgen.report.reading import ResultsReader
from tests.render.charts.drawn import check_texts, datasets, figure_frame, results_of, same_bytes_twice


def reader_of(*changes: str) -> ResultsReader:
    return ResultsReader(results_of("procurement", *changes))


def test_a_line_begins_with_the_purchase_and_rises_by_what_is_paid_per_year() -> None:
    reader = reader_of()
    figure = payments_figure(reader)
    assert figure is not None
    lines = {str(line["name"]): i for i, line in enumerate(figure.data["lines"])}
    bought = [float(p["y"]) for p in figure.data["points"] if p["line"] == lines["B200, bought"]]  # type: ignore[arg-type]
    year = reader.number("yearly_cost", "b200_bought")
    capital, purchase = reader.number("capital_cost", "b200_bought"), reader.number("purchase_cost", "b200_bought")
    assert year is not None
    assert capital is not None
    assert purchase is not None
    assert bought == pytest.approx([purchase / 1000, (purchase + 3 * (year - capital)) / 1000])
    rented = [float(p["y"]) for p in figure.data["points"] if p["line"] == lines["H100"]]  # type: ignore[arg-type]
    assert rented == pytest.approx([0, 3 * (reader.number("yearly_cost", "h100") or 0) / 1000])


def test_the_month_in_which_payments_meet_is_that_of_both_lines() -> None:
    reader = reader_of()
    month = reader.number("even_after", "b200_bought")
    assert month is not None
    upfront, running = reader.number("upfront_cost", "b200_bought"), reader.number("running_cost", "b200_bought")
    assert upfront is not None
    assert running is not None
    rent = reader.number("yearly_cost", "h100") or 0.0
    assert upfront + running * month / 12 == pytest.approx(rent * month / 12)
    assert reader.words("payments_finding") == (
        f"“B200, bought” costs less than “H100” only after {month:.0f} months, beyond the horizon of 36"
    )


def test_within_the_horizon_nothing_is_said_of_it() -> None:
    reader = reader_of("horizon=20 year")
    assert "beyond" not in reader.words("payments_finding")
    assert "costs less" in reader.words("payments_finding")


def test_nothing_is_drawn_where_nothing_is_bought() -> None:
    assert payments_figure(ResultsReader(results_of("novelists"))) is None
    assert payments_figure(ResultsReader(results_of("alice"))) is None


def test_texts_stand_clear_and_bytes_repeat() -> None:
    figure = payments_figure(reader_of())
    assert figure is not None
    check_texts(datasets(figure)["texts"], figure_frame(fill(figure)))
    assert same_bytes_twice(figure)
