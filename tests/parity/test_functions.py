"""Every function: what NumPy makes of it, what LibreOffice makes of the printed formula, and what it should be."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reportgen.engine.values import fixed
from reportgen.lang import tree
from reportgen.lang.excel import to_excel
from reportgen.lang.functions import FUNCTIONS
from reportgen.lang.reader import Source, read_formula
from tests.parity.engines.office import evaluate_formulas

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.parity.engines.office import Content, Office

pytestmark = pytest.mark.parity

NAN = math.nan  # refused by the engine: no report is made

# By record: formulas with the value each must have, worked out by hand. Flags are 1 and 0, as LibreOffice tells them.
CASES: dict[str, dict[str, float | str]] = {
    "+": {
        "0.1 + 0.2": 0.3, "-1 + 2": 1, "1 + 2 + 3": 6, "1 + (2 - 3)": 0, "2 + -3": -1, "1e20 + 1": 1e20,
        "0.1 + 0.2 + -0.3": 0, "-0.3 + (0.1 + 0.2)": 0, "-5 + 5": 0, "2 + 3 * 4": 14, "(1 if 2 > 1 else 0) + 1": 2,
    },
    "-": {
        "10 - (4 - 3)": 9, "10 - 4 - 3": 3, "10 - (4 + 3)": 3, "10 - -3": 13, "-2 - 3": -5, "10 - 2 * 3": 4,
        "0.1 + 0.2 - 0.3": 0, "0.3 - (0.1 + 0.2)": 0, "-0.3 - -(0.1 + 0.2)": 0, "0.3 - 0.2 - 0.1": 0,
        "100.1 - 100": 0.09999999999999432, "1.000000001 - 1": 1.000000082740371e-09, "0 - 0.1": -0.1, "0 - 0": 0,
        "10 - min(4, 3)": 7, "(5e14 + 1) - 5e14": 1, "1e-300 - 2e-300": -1e-300,
    },
    "*": {
        "12 * (6 / 4)": 18, "12 * 6 / 4": 18, "(2 + 3) * 4": 20, "2 * (3 - 4)": -2, "2 * -3": -6, "-2 * -3": 6,
        "-(2 * 3) * 4": -24, "0 * -5": 0, "2 * 3 ** 2": 18, "(2 * 3) ** 2 * 2": 72, "1e200 * 1e-200": 1,
    },
    "/": {
        "24 / (6 / 2)": 8, "24 / 6 / 2": 2, "24 / (6 * 2)": 2, "24 / 6 * 2": 8, "1 / 3": 0.3333333333333333,
        "-7 / 2": -3.5, "7 / -2": -3.5, "(1 + 2) / (3 + 4)": 0.42857142857142855, "0 / 5": 0, "24 / -(6 / 2)": -8,
        "24 / 2 ** 2": 6,
    },
    "**": {
        "2 ** 3 ** 2": 512, "(2 ** 3) ** 2": 64, "(-2) ** 2": 4, "(-2) ** 3": -8, "2 ** -1": 0.5,
        "2 ** 0.5": math.sqrt(2), "(1 + 1) ** (1 + 2)": 8, "5 ** 0": 1, "0 ** 2": 0, "(-2) ** (1 + 1)": 4,
        "(2 * 3) ** 2": 36, "4 ** (1 / 2)": 2, "abs(-2) ** 2": 4,
    },
    "neg": {
        "-2 ** 2": -4, "-(2 ** 2)": -4, "--2": 2, "-(1 - 3)": 2, "-(1 + 3)": -4, "-(2 * 3)": -6, "-abs(-2)": -2,
        "-0": 0, "-(-2) ** 2": -4, "-ceil(1.5)": -2,
    },
    "==": {
        "0.1 + 0.2 == 0.3": 1, "1 == 1 + 1e-16": 1, "1 == 1.00000000000001": 0, "-1 == 1": 0, "0 == 0": 1, "0 == -0": 1,
        "0 == 1e-300": 0, "'abc' == 'ABC'": 1, "'abc' == 'abd'": 0, "'Ä' == 'ä'": 1, "'a' == 'a '": 0,
        "True == True": 1, "True == False": 0, "(1 < 2) == (3 < 4)": 1, "1 + 1 == 2": 1, "(1 if 2 == 2 else 0) == 1": 1,
        "1 == 1.0000000000000036": 0, "1 == 1.0000000000000033": 1, "1e15 == 1e15 + 0.5": 1, "5e14 == 5e14 + 1": 0,
        "3e-200 == 1e-200 * 3": 1, "4e15 + 8 == 4e15": 0, "3e16 + 8 == 3e16": 1,
    },
    "!=": {
        "0.1 + 0.2 != 0.3": 0, "1 != 2": 1, "'abc' != 'ABC'": 0, "'abc' != 'x'": 1, "True != False": 1, "-1 != 1": 1,
        "(1 != 2) != (2 != 1)": 0, '"a" != "a\'"': 1,
    },
    "<": {
        "1 < 1 + 1e-16": 0, "1 < 2": 1, "2 < 1": 0, "0.3 < 0.1 + 0.2": 0, "-2 < -1": 1, "0 < 1e-300": 1,
        "1 + 1 < 2 + 1": 1, "-1 < 0": 1, "1 < 1.00000000000001": 1,
    },
    "<=": {"0.1 + 0.2 <= 0.3": 1, "1 <= 2": 1, "2 <= 1": 0, "-1 <= -1": 1, "1.00000000000001 <= 1": 0},
    ">": {
        "0.1 + 0.2 > 0.3": 0, "2 > 1": 1, "1 > 2": 0, "0.1 + 0.2 - 0.3 > 0": 0, "-1 > -2": 1, "1.00000000000001 > 1": 1,
    },
    ">=": {"0.3 >= 0.1 + 0.2": 1, "2 >= 1": 1, "1 >= 2": 0, "0 >= -0": 1, "1 >= 1.00000000000001": 0},
    "and": {
        "True and True": 1, "True and False": 0, "1 < 2 and 2 < 3": 1, "1 < 2 < 3": 1, "3 > 2 > 2": 0,
        "(True or False) and not True": 0, "not (True and False) and True": 1, "True and (False or True) and True": 1,
    },
    "or": {
        "False or False": 0, "False or True": 1, "True or True and False": 1, "(True or True) and False": 0,
        "not False or False": 1, "not (False or True) or 1 > 2": 0,
    },
    "not": {
        "not True": 0, "not False": 1, "not 1 > 2": 1, "not (True and False)": 1, "not not True": 1,
        "not 'a' == 'A'": 0,
    },
    "if": {
        "1 if True else 2": 1, "1 if 2 < 1 else 2": 2, "1 / 0 if False else 7": 7,
        "1 if False else 2 if True else 3": 2, "(1 if False else 2) * 3": 6, "-(1 if True else 2)": -1,
        "'yes' if 1 < 2 else 'no'": "yes", "1 + 2 if not False else 0": 3, "absent if 1 < 2 else 1": "",
        "(1 if True else 2) ** 2": 1, "'say \"hi\"' if True else ''": 'say "hi"',
        "1 if (2 if True else 3) == 2 else 4": 1,
    },
    "known": {
        "known(absent)": 0, "known(1)": 1, "known(0)": 1, "known('a')": 1, "known(1 + 1)": 1,
        "known(absent if True else 1)": 0, "not known(absent)": 1, "known(-1)": 1, "known(1) == True": 1,
    },
    "min": {"min(3, 1, 2)": 1, "min(-1, 1)": -1, "min(2, 2)": 2, "min(1 + 1, 3 * 2) * 2": 4, "min(1, 2, 3, -4, 5)": -4},
    "max": {
        "max(3, 1, 2)": 3, "max(-1, -2)": -1, "max(0, -0)": 0, "max(1 if True else 9, 2)": 2, "1 / max(2, 4)": 0.25,
    },
    "abs": {"abs(-2)": 2, "abs(2)": 2, "abs(0)": 0, "abs(1 - 3)": 2, "-abs(-2 * 3)": -6},
    "floor": {
        "floor(2.9999999999999996)": 3, "floor(2.5)": 2, "floor(-2.5)": -3, "floor(-3)": -3, "floor(3)": 3,
        "floor(0)": 0, "floor(0.1 * 30)": 3, "floor(2.999)": 2, "floor(1 if True else 2)": 1, "floor(7 / 2) * 2": 6,
        "floor(-0.5) ** 2": 1, "floor(-2.0000000000000004)": -2, "floor(1e15 + 0.5)": 1e15,
    },
    "ceil": {
        "ceil(3.0000000000000004)": 3, "ceil(2.5)": 3, "ceil(-2.5)": -2, "ceil(-3)": -3, "ceil(0)": 0, "ceil(3.001)": 4,
        "10 - ceil(2.5)": 7, "ceil(2.5) ** 2": 9, "ceil(1 - 3)": -2, "ceil(1 + 0.5)": 2, "ceil(7 / 2) * 2": 8,
        "-ceil(2.5)": -3, "ceil(-2.5 + 1)": -1, "ceil(-(0.5))": 0, "12 / ceil(2.5)": 4, "ceil(1 if True else 2)": 1,
        "2 ** ceil(2.5)": 8,
    },
    "sqrt": {"sqrt(4)": 2, "sqrt(2)": 1.4142135623730951, "sqrt(0)": 0, "-sqrt(9)": -3, "sqrt(3 * 3 + 4 * 4)": 5},
    "exp": {"exp(0)": 1, "exp(1)": 2.718281828459045, "exp(-1)": 0.36787944117144233, "exp(-1000)": 0},
    "ln": {"ln(1)": 0, "ln(2.718281828459045)": 1, "ln(0.5)": -0.6931471805599453, "-ln(10)": -2.302585092994046},
    "log10": {"log10(1)": 0, "log10(1000)": 3, "log10(0.01)": -2, "log10(2)": 0.3010299956639812},
}  # fmt: skip

# Where there is no finite number the engine gives none, and names the cell; a spreadsheet shows an error.
REFUSED = (
    "1 / 0",
    "-1 / 0",
    "0 / 0",
    "sqrt(-1)",
    "ln(0)",
    "ln(-1)",
    "log10(0)",
    "exp(1000)",
    "1e200 * 1e200",
    "(-8) ** 0.5",
)


def test_every_record_has_cases() -> None:
    """A record whose cases never have it at the root, or inside, would be tested in name only."""
    assert set(CASES) == set(FUNCTIONS)
    for name, cases in CASES.items():
        assert all(name in used(read(text)) for text in cases), name


def used(node: tree.Node) -> set[str]:
    return {n.function for n in tree.walk(node) if isinstance(n, tree.Call)}


def read(text: str) -> tree.Node:
    node = read_formula(Source.bare(text), lambda problem: pytest.fail(problem.render()))
    assert node is not None
    return node


# --- three ways to write each case -------------------------------------------------------------------------------


def mapped(node: tree.Node, change: Callable[[tree.Node], tree.Node]) -> tree.Node:
    """The tree with every node changed, leaves first."""
    if isinstance(node, tree.Call):
        node = replace(node, args=tuple(mapped(a, change) for a in node.args))
    return change(node)


def folded(node: tree.Node) -> tree.Node:
    """Negative literals, which the reader does not make but a value that was given may be."""
    if isinstance(node, tree.Call) and node.function == "neg" and isinstance(node.args[0], tree.Literal):
        value = node.args[0].value
        assert isinstance(value, float)
        return tree.Literal(-value)
    return node


class Cells:
    """Literals put into cells: every value has one, named by its address."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._places: dict[str, str] = {}

    def __call__(self, node: tree.Node) -> tree.Node:
        # an absent value stays in the formula: how a cell that is empty is read is the workbook's affair
        if not isinstance(node, tree.Literal) or node.value is None:
            return node
        place = self._places.setdefault(repr(node.value), f"B{len(self._places) + 1}")
        self.values[place] = node.value
        return tree.Ref(place)


def refer(node: tree.Ref | tree.Key | tree.Member) -> str:
    assert isinstance(node, tree.Ref)
    return node.name


def numpy_value(node: tree.Node, values: dict[str, Any]) -> Any:
    """A tree by the records' NumPy forms; None is absent. Both branches of a choice are computed, as in the engine."""
    if isinstance(node, tree.Literal | tree.Ref):
        value = node.value if isinstance(node, tree.Literal) else values[node.name]
        return np.array(value, dtype=object) if isinstance(value, str) else value if value is None else np.array(value)
    assert isinstance(node, tree.Call)
    args = [numpy_value(a, values) for a in node.args]
    if node.function == "if":
        return args[1] if args[0] else args[2]
    if node.function == "known":
        return np.array(args[0] is not None)
    with np.errstate(all="ignore"):
        return FUNCTIONS[node.function].numpy(*args)


WAYS = ("as written", "negative literals", "cells")
ALL = [(text, way) for cases in CASES.values() for text in cases for way in WAYS]


def written(text: str, way: str, cells: Cells) -> tree.Node:
    node = read(text)
    return node if way == "as written" else mapped(mapped(node, folded), cells if way == "cells" else lambda n: n)


@pytest.fixture(scope="module")
def cells() -> Cells:
    return Cells()


@pytest.fixture(scope="module")
def trees(cells: Cells) -> dict[tuple[str, str], tree.Node]:
    return {(text, way): written(text, way, cells) for text, way in ALL}


@pytest.fixture(scope="module")
def recalculated(
    office: Office, cells: Cells, trees: dict[tuple[str, str], tree.Node]
) -> dict[tuple[str, str], Content]:
    formulas = [to_excel(node, refer) for node in trees.values()]
    return dict(zip(trees, evaluate_formulas(office, formulas, cells.values), strict=True))


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, cases in CASES.items() for text in cases])
def test_numpy_and_libreoffice_give_the_value_worked_out_by_hand(
    name: str,
    text: str,
    cells: Cells,
    trees: dict[tuple[str, str], tree.Node],
    recalculated: dict[tuple[str, str], Content],
) -> None:
    wanted = CASES[name][text]
    for way in WAYS:
        node = trees[text, way]
        ours = numpy_value(node, cells.values)
        ours = "" if ours is None else ours.item()
        assert same(ours, wanted), f"NumPy, {way}: {ours}"
        theirs = recalculated[text, way]
        assert same(theirs, wanted), f"LibreOffice, {way}, ={to_excel(node, refer)}: {theirs}"


def same(found: Any, wanted: float | str) -> bool:
    if isinstance(found, str) or isinstance(wanted, str):
        return bool(found == wanted)
    return not isinstance(found, dict) and found is not None and found == pytest.approx(wanted, rel=1e-9, abs=0)


def test_no_finite_number_is_an_error_in_both(office: Office) -> None:
    nodes = [read(text) for text in REFUSED]
    theirs = evaluate_formulas(office, [to_excel(node, refer) for node in nodes])
    for text, node, found in zip(REFUSED, nodes, theirs, strict=True):
        assert not np.isfinite(numpy_value(node, {})), text
        assert isinstance(found, dict), f"{text}: {found}"


def test_zero_to_the_power_of_zero_is_refused_by_the_engine() -> None:
    """Excel gives an error, LibreOffice 1: no value would agree with both, so there is none."""
    assert np.isnan(numpy_value(read("0 ** 0"), {}))
    assert np.isnan(numpy_value(read("(1 - 1) ** -0"), {}))


# --- numbers in texts --------------------------------------------------------------------------------------------

PRINTED = (
    2.5, 1.005, -0.04, 0.5, -0.5, 1e15, 123456789.125, 0.045, 0.0, -2.5, 0.1 + 0.2, 2.675, 1e-7, 999.9999, 0.05, 99.995,
    -0.0004, 1234567.5, 0.285, 8.345, 3e12, 28.499999999999996, 100.49999999999999, -0.005, -0.0005, 0.145, 10.075,
)  # fmt: skip


def test_numbers_are_printed_in_texts_as_libreoffice_prints_them(office: Office) -> None:
    cases = [(x, n, percent) for x in PRINTED for n in range(5) for percent in (False, True)]
    values = {f"B{i}": x for i, x in enumerate(PRINTED, 1)}
    places = {x: place for place, x in values.items()}
    texts = [
        to_excel(tree.Text(("a ", tree.Field(tree.Ref(places[x]), n, percent), ".")), refer) for x, n, percent in cases
    ]
    wrong = [
        (case, ours, theirs)
        for case, theirs in zip(cases, evaluate_formulas(office, texts, values), strict=True)
        if (ours := f"a {fixed(case[0], case[1], percent=case[2])}.") != theirs
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [(2.5, 0, "3"), (-2.5, 0, "-3"), (1.005, 2, "1.01"), (0.045, 2, "0.05"), (123456789.125, 2, "123456789.13")],
)
def test_halves_are_rounded_away_from_zero(number: float, decimals: int, text: str) -> None:
    """As Excel's page on FIXED has it for ROUND: the decimal number is rounded, not its binary neighbour."""
    assert fixed(number, decimals) == text


def test_texts_of_literals_fields_and_names_are_joined(office: Office) -> None:
    long = "x" * 300 + '"'
    cases: list[tuple[tree.Node, str]] = [
        (tree.Text(("",)), ""),
        (tree.Text(('50% {of} "it"',)), '50% {of} "it"'),
        (tree.Text((tree.Field(tree.Literal("a")), tree.Field(tree.Call("+", (one(1), one(2))), 1))), "a3.0"),
        (tree.Text((tree.Field(tree.Call("if", (tree.Literal(True), one(1), one(2))), 0, True),)), "100%"),
        (tree.Text((tree.Field(tree.Call("+", (one(1), one(2))), 0, True),)), "300%"),
        (tree.Text((tree.Field(tree.Literal(long)),)), long),
        (tree.Call("==", (tree.Literal(long), tree.Literal(long.upper()))), "1.0"),
    ]
    found = evaluate_formulas(office, [to_excel(node, refer) for node, _ in cases])
    assert [str(f or "") for f in found] == [text for _, text in cases]


def one(value: float) -> tree.Literal:
    return tree.Literal(float(value))


# --- random trees ------------------------------------------------------------------------------------------------

NUMBERS = st.sampled_from([0.0, 1.0, 2.0, 3.0, 7.0, 0.1, 0.2, 0.3, 1.5, 1e-3, 12345.678, 1e6, -1.0, -0.3, -2.0, -4.25])


def calls(names: str, *args: st.SearchStrategy[tree.Node]) -> st.SearchStrategy[tree.Node]:
    return st.builds(tree.Call, st.sampled_from(names.split()), st.tuples(*args))


def larger(numbers: st.SearchStrategy[tree.Node]) -> st.SearchStrategy[tree.Node]:
    flags = calls("== != < <= > >=", numbers, numbers)
    flags = flags | calls("and or", flags, flags) | calls("not", flags)
    return st.one_of(
        calls("+ - * /", numbers, numbers),
        calls("+ - * /", numbers, numbers),
        calls("neg abs", numbers),
        calls("min max", numbers, numbers, numbers),
        calls("if", flags, numbers, numbers),
    )


ARITHMETIC = st.recursive(NUMBERS.map(tree.Literal), larger, max_leaves=14)


def test_random_formulas_agree(office: Office) -> None:
    cells, nodes = Cells(), dict[tree.Node, None]()

    @settings(max_examples=300, phases=[Phase.generate], derandomize=True, deadline=None)
    @given(ARITHMETIC, st.booleans())
    def collect(node: tree.Node, in_cells: bool) -> None:
        nodes[mapped(node, cells) if in_cells else node] = None

    collect()
    found = evaluate_formulas(office, [to_excel(node, refer) for node in nodes], cells.values)
    finite, wrong = 0, []
    for node, theirs in zip(nodes, found, strict=True):
        ours = float(numpy_value(node, cells.values))
        finite += math.isfinite(ours)
        if not (same(theirs, ours) if math.isfinite(ours) else isinstance(theirs, dict)):
            wrong.append(f"={to_excel(node, refer)}: NumPy {ours}, LibreOffice {theirs}")
    assert wrong == []
    assert finite > 150
