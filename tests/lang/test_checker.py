"""Checking: which tree, unit and index set a formula gets, and what is said about the usual mistakes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from reportgen.lang import tree
from reportgen.lang.checker import Scope, check
from reportgen.lang.reader import Source, read_formula
from reportgen.lang.types import Type
from reportgen.lang.units import ONE, Units

if TYPE_CHECKING:
    from reportgen.errors import Problem
    from reportgen.lang.types import Kind, Typed


parse_unit = Units({"token": "tokens", "user": "users", "query": "queries"}).parse


def quantity(unit: str = "1", *per: str, kind: Kind = "number", optional: bool = False, of: str = "") -> Type:
    return Type("member" if of else kind, parse_unit(unit), frozenset(per), optional, of)


SCOPE = Scope(
    {
        "time": quantity("ms", "option"),
        "total_time": quantity("s"),
        "target": quantity("s", optional=True),
        "limit": quantity("ms", "option", optional=True),
        "ratio": quantity(),
        "share": quantity("%", "option"),
        "users": quantity("user"),
        "price": quantity("USD/h", "chip"),
        "fused": quantity("1", "option", kind="flag"),
        "fast": quantity("1", "option", "stage", kind="flag"),
        "label": quantity("1", "option", kind="text"),
        "model": quantity("1", "option", of="model"),
        "based_on": quantity("1", "option", of="option"),
        "second": quantity("1", "option", of="model", optional=True),
        "size": quantity("GB", "model"),
        "layers": quantity("1", "model"),
        "vocabulary": quantity("1", "model", optional=True),
        "memory": quantity("GiB", "chip"),
        "ops": quantity("FLOP", "option", "stage"),
        "scores": quantity("1", "option", "stage", optional=True),
    },
    {
        "option": ["base", "quick"],
        "model": ["small", "Big-7B"],
        "chip": ["H100", "TPU"],
        "stage": ["prefill", "decode"],
    },
)


def found(text: str, per: tuple[str, ...], wanted: Type | None) -> tuple[Typed | None, list[Problem]]:
    problems: list[Problem] = []
    source = Source.bare(text)
    node = read_formula(source, problems.append)
    assert node is not None, problems
    return check(node, source, SCOPE, per, wanted, problems.append), problems


def checked(text: str, *per: str, wanted: Type | None = None) -> Typed:
    typed, problems = found(text, per, wanted)
    assert typed is not None, problems
    assert problems == []
    return typed


def refused(text: str, *per: str, wanted: Type | None = None) -> Problem:
    typed, problems = found(text, per, wanted)
    assert typed is None
    (problem,) = problems
    return problem


def call(function: str, *args: tree.Node) -> tree.Call:
    return tree.Call(function, args)


def ref(name: str, **select: tree.Member | tree.Ref) -> tree.Ref:
    return tree.Ref(name, tuple(sorted(select.items())))


def member(dimension: str, name: str) -> tree.Member:
    return tree.Member(dimension, name)


def number(value: float) -> tree.Literal:
    return tree.Literal(float(value))


TIME, TOTAL, TARGET, LIMIT, FUSED = ref("time"), ref("total_time"), ref("target"), ref("limit"), ref("fused")
ABSENT, FALSE, TRUE = tree.Literal(None), tree.Literal(False), tree.Literal(True)
KNOWN = call("known", TARGET)
BY_MODEL, BY_SECOND = ref("size", model=ref("model")), ref("vocabulary", model=ref("second"))


# --- what a formula becomes --------------------------------------------------------------------------------------


def convert(node: tree.Node, factor: Fraction | int) -> tree.Convert:
    return tree.Convert(node, Fraction(factor))


@pytest.mark.parametrize(
    ("text", "per", "node", "unit"),
    [
        ("time + total_time", "option", call("+", TIME, convert(TOTAL, 1000)), "ms"),
        ("total_time + time", "option", call("+", TOTAL, convert(TIME, Fraction(1, 1000))), "s"),
        ("min(time, total_time, 0)", "option", call("min", TIME, convert(TOTAL, 1000), number(0)), "ms"),
        ("0 + time", "option", call("+", number(0), TIME), "ms"),
        ("0 if fused else time", "option", call("if", FUSED, number(0), TIME), "ms"),
        ("total_time if fused else time", "option", call("if", FUSED, TOTAL, convert(TIME, Fraction(1, 1000))), "s"),
        ("abs(-time)", "option", call("abs", call("neg", TIME)), "ms"),
        ("ratio + share", "option", call("+", ref("ratio"), convert(ref("share"), Fraction(1, 100))), "1"),
        ("users + ratio", "", call("+", ref("users"), ref("ratio")), "1"),
        ("floor(share)", "option", call("floor", convert(ref("share"), Fraction(1, 100))), "1"),
        ("sqrt(total_time * total_time)", "", call("sqrt", call("*", TOTAL, TOTAL)), "s"),
        ("sqrt(time ** 2)", "option", call("sqrt", convert(call("**", TIME, number(2)), Fraction(1, 10**6))), "s"),
        ("time ** -1", "option", call("**", TIME, call("neg", number(1))), "1/ms"),
        ("ratio ** share", "option", call("**", ref("ratio"), convert(ref("share"), Fraction(1, 100))), "1"),
        ("size / total_time", "option", call("/", BY_MODEL, TOTAL), "GB/s"),
        ("size[small]", "", ref("size", model=member("model", "small")), "GB"),
        ("size['big-7b']", "", ref("size", model=member("model", "Big-7B")), "GB"),
        ("size[model[based_on]]", "option", ref("size", model=ref("model", option=ref("based_on"))), "GB"),
        ("ops[decode, quick]", "", ref("ops", option=member("option", "quick"), stage=member("stage",
        "decode")), "FLOP"),
    ],
)  # fmt: skip
def test_units_are_worked_out_and_scales_converted(text: str, per: str, node: tree.Node, unit: str) -> None:
    typed = checked(text, *per.split())
    assert typed.node == node
    assert typed.type.unit == parse_unit(unit)


@pytest.mark.parametrize(
    ("text", "wanted", "node"),
    [
        ("time", quantity("s"), convert(TIME, Fraction(1, 1000))), ("time", quantity("ms"), TIME),
        ("0", quantity("GB"), number(0)),
        ("time / total_time", quantity(), convert(call("/", TIME, TOTAL), Fraction(1, 1000))),
        ("size", quantity("GiB"), convert(BY_MODEL, Fraction(10**9, 2**30))), ("absent", quantity("s"), ABSENT),
        ("target", quantity("ms"), call("if", KNOWN, convert(TARGET, 1000), ABSENT)),
        ("'small' if fused else 'big-7b'", quantity(of="model"), call("if", FUSED, member("model",
        "small"), member("model", "Big-7B"))),
        ("'small' if fused else absent", quantity(of="model"), call("if", FUSED, member("model", "small"), ABSENT)),
    ],
)  # fmt: skip
def test_the_result_is_brought_to_the_declared_type(text: str, wanted: Type, node: tree.Node) -> None:
    typed = checked(text, "option", wanted=wanted)
    assert typed.node == node
    assert (typed.type.kind, typed.type.unit, typed.type.dimension) == (wanted.kind, wanted.unit, wanted.dimension)


@pytest.mark.parametrize(
    ("text", "per", "dims"),
    [
        ("total_time * 2", "option", ""), ("time * 2", "option stage", "option"), ("time * ops", "option stage",
        "option stage"),
        ("size", "option", "option"), ("size", "model", "model"), ("sum(ops, over=stage)", "option", "option"),
        ("sum(ops, over=[stage, option])", "", ""), ("time[based_on]", "option", "option"), ("time[base]", "option",
        ""),
        ("sum(time, over=option, where=fast)", "stage", "stage"), ("rank(time, over=option)", "option", "option"),
        ("stage == 'decode' and fused", "option stage", "option stage"), ("'{label} {total_time:.1f}'", "option",
        "option"),
    ],
)  # fmt: skip
def test_the_index_set_is_what_broadcasting_gives(text: str, per: str, dims: str) -> None:
    assert checked(text, *per.split()).type.dims == set(dims.split())


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("model == 'SMALL'", call("==", ref("model"), member("model", "small"))),
        ("label == 'x'", call("==", ref("label"), tree.Literal("x"))),
        ("option != 'quick'", call("!=", tree.Key("option"), member("option", "quick"))),
        ("time > 0", call(">", TIME, number(0))),
        ("total_time == time", call("==", TOTAL, convert(TIME, Fraction(1, 1000)))), ("known(target)", KNOWN),
    ],
)  # fmt: skip
def test_comparisons_are_flags(text: str, node: tree.Node) -> None:
    typed = checked(text, "option")
    assert typed.node == node
    assert typed.type.kind == "flag"


def test_values_in_texts_are_printed_in_their_unit_or_as_a_percentage() -> None:
    assert checked("'{share:.0%}'", "option").node == tree.Text(
        (tree.Field(convert(ref("share"), Fraction(1, 100)), 0, True),)
    )
    assert checked("'{time:.1f} {model}'", "option").node == tree.Text(
        (tree.Field(TIME, 1), " ", tree.Field(ref("model")))
    )


# --- absent values -----------------------------------------------------------------------------------------------

LATE = "target > total_time"


@pytest.mark.parametrize(
    "text",
    [
        "target * 2 if known(target) else absent", "0 if not known(target) else target * 2",
        "2 * (target if known(target) else 0)",
        "target * 2 if known(target) and ratio > 1 else 0", "target * 2 if ratio > 1 and known(target) else 0",
        "0 if not known(target) or ratio > 1 else target * 2",
        "target * 2 if not (not known(target) or ratio > 1) else 0",
        "target * 2 if known(target) and " + LATE + " else 0", "0 if not known(target) or " + LATE + " else target * 2",
        "(target * 2 if ratio > 1 else -target) if known(target) else 0",
        "known(target) and " + LATE, "not known(target) or " + LATE,
        "limit + target if known(limit) and known(target) else absent", "'{target:.1f}' if known(target) else 'none'",
        "vocabulary[second] * 2 if known(vocabulary[second]) else 0", "size[second] * 2 if known(second) else 0",
        "mean(scores, over=stage) * 2 if known(mean(scores, over=stage)) else 0", "target",
        "target if fused else limit",
        "sum(scores, over=stage) * 2", "find(layers, 3, over=model)", "known(target) == known(limit)",
    ],
)  # fmt: skip
def test_what_may_be_absent_is_guarded(text: str) -> None:
    checked(text, "option")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("target * 2", "target"), ("-target", "target"), ("target * 2 if not known(target) else 0", "target"),
        ("target * 2 if known(target) or ratio > 1 else 0", "target"), ("target * 2 if known(limit) else 0", "target"),
        ("0 if known(target) else target * 2", "target"), (LATE + " or not known(target)", "target"),
        ("known(target) or " + LATE, "target"),
        ("not known(target) and " + LATE, "target"), ("0 if not known(target) and ratio > 1 else target * 2", "target"),
        ("'{target:.1f}'", "target"), ("size[second] * 2", "size"), ("vocabulary * 2", "vocabulary"),
        ("not known(target) or -target < limit", "limit"),
        ("vocabulary[second] * 2 if known(second) else 0", "vocabulary"), ("min(target, 2 * total_time)", "target"),
        ("mean(scores, over=stage) * 2", "this"), ("max(ops, over=stage, where=fast) * 2", "this"), ("absent + 1",
        "this"),
        ("(target if known(target) else absent) * 2", "this"), ("find(time, target, over=option)", "target"),
    ],
)  # fmt: skip
def test_what_may_be_absent_and_is_not_guarded_is_refused(text: str, name: str) -> None:
    problem = refused(text, "option")
    assert problem.message == f"'{name}' may be absent, so nothing can be computed from it"
    assert problem.hint == (
        "guard it with known(...)" if name == "this" else f"guard it: ... if known({name}) else ..."
    )


def test_a_guarded_side_of_and_or_is_computed_only_where_it_counts() -> None:
    """A spreadsheet's AND and OR compute both sides, and give an error where one is an error."""
    late = call(">", call("*", TARGET, number(2)), TOTAL)
    assert checked("known(target) and target * 2 > total_time").node == call("if", KNOWN, late, FALSE)
    assert checked("not known(target) or target * 2 > total_time").node == call("if", call("not", KNOWN), TRUE, late)
    assert checked("fused and ratio > 1", "option").node == call("and", FUSED, call(">", ref("ratio"), number(1)))


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("target", True), ("time", False), ("time if fused else absent", True), ("size[second]", True),
        ("mean(ops, over=stage)", False),
        ("mean(scores, over=stage)", True), ("max(ops, over=stage, where=fast)", True),
        ("sum(scores, over=stage)", False),
        ("count(fast, over=stage)", False), ("find(layers, 3, over=model)", True),
        ("target if known(target) else total_time", False),
    ],
)  # fmt: skip
def test_whether_the_result_may_be_absent(text: str, absent: bool) -> None:
    assert checked(text, "option").type.absent == absent


# --- mistakes ----------------------------------------------------------------------------------------------------

NUMBER = quantity()


@pytest.mark.parametrize(
    ("text", "per", "message", "hint"),
    [
        ("time + size", "option", "+ joins different kinds of unit: ms and GB", ""),
        ("time + 1", "option", "+ joins different kinds of unit: ms and a plain number", ""),
        ("time > size", "option", "'>' joins different kinds of unit: ms and GB", ""),
        ("time if fused else size", "option", "'if' joins different kinds of unit: ms and GB", ""),
        ("floor(time)", "option", "floor needs a plain number, not ms", ""),
        ("time ** ratio", "option", "a value in ms can only be raised to a literal power", ""),
        ("time ** 0.5", "option", "ms cannot be raised to that power", ""),
        ("ratio ** time", "option", "the exponent must be a plain number, not ms", ""),
        ("tim + 1", "option", "unknown quantity 'tim'", "did you mean 'time'?"),
        ("sum", "option", "unknown quantity 'sum'", "the function is written sum(x, over=d)"),
        ("ops", "option", "'ops' has a value per stage, but the result is per option",
         "reduce it, as in sum(ops, over=stage), or pick a member, ops[prefill]"),
        ("1 if fused else 2", "", "'fused' has a value per option, but the result is per no dimension",
         "reduce it, as in count(fused, over=option), or pick a member, fused[base]"),
        ("size", "", "'model' has a value per option, but the result is per no dimension",
         "give the result a value per option, or pick a member, model[base]"),
        ("stage == 'decode'", "option", "'stage' stands for the row's own member, but there is no 'stage' here", ""),
        ("model == 'smal'", "option", "'smal' is not a member of 'model'", "did you mean 'small'?"),
        ("model == option", "option", "'==' compares one of the dimension 'model' with one of the dimension 'option'",
        ""),
        ("model < 'small'", "option", "'<' compares numbers, not one of the dimension 'model'", ""),
        ("size[smal]", "", "'smal' selects nothing of 'size'", "did you mean 'small'?"),
        ("size[time]", "option", "'time' gives a number in ms; 'size' can be selected by: model", ""),
        ("total_time[quick]", "", "'total_time' has no dimension left to select by", ""),
        ("fused + 1", "option", "+ needs a number, not a flag (true or false)", ""),
        ("time and fused", "option", "'and' needs a flag (true or false), not a number in ms", ""),
        ("1 if time else 2", "option", "the condition of 'if' needs a flag (true or false), not a number in ms", ""),
        ("'a' if fused else 1", "option", "the branches differ: a text and a number", ""),
        ("absent if fused else absent", "option", "both branches are absent", ""),
        ("'{time}'", "option", "a number in a text needs a format, such as {x:.1f}", ""),
        ("'{time:.0%}'", "option", "a percentage needs a plain number, not ms", ""),
        ("'{label:.1f}'", "option", "a text cannot be printed as a number", ""),
        ("'{fused}'", "option", "a flag cannot be printed in a text",
        "choose words for it, as in {'on' if x else 'off'}"),
        ("sum(ops, over=stag)", "option", "unknown dimension 'stag'", "did you mean 'stage'?"),
        ("sum(op, over=stage)", "option", "unknown quantity 'op'", "did you mean 'ops'?"),
        ("sum(time, over=stage)", "option", "'time' has no dimension 'stage' to reduce over", ""),
        ("sum(fused, over=option)", "", "'sum' reads a number, not a flag (true or false)", ""),
        ("count(ops, over=stage)", "option", "'count' reads a flag (true or false), not a number in FLOP", ""),
        ("sum(ops, over=stage, where=time)", "option", "'where' needs a flag, not a number in ms", ""),
        ("argmin(ops, over=[stage, option])", "", "'argmin' goes over one dimension", ""),
        ("rank(ops, over=stage)", "option", "'rank' needs a quantity per stage alone", ""),
        ("rank(time, over=option, where=fused)", "option", "'rank' takes no where; leave the others absent", ""),
        ("rank(time, over=option)", "", "'rank' gives a value per option, which the result does not have", ""),
        ("find(size, 3, over=model)", "", "'find' looks for a number in GB, not a number", ""),
        ("find(layers, total_time, over=model)", "", "'find' looks for a number, not a number in s", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text: str, per: str, message: str, hint: str) -> None:
    problem = refused(text, *per.split())
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        ("time", quantity("GB"), "the formula gives a number in ms, but a number in GB is declared"),
        ("time", NUMBER, "the formula gives a number in ms, but a number is declared"),
        ("fused", quantity("s"), "the formula gives a flag (true or false), but a number in s is declared"),
        ("label", quantity(of="model"), "the formula gives a text, but one of the dimension 'model' is declared"),
        ("option", quantity(of="model"), "the formula gives one of the dimension 'option', "
         "but one of the dimension 'model' is declared"),
        ("'smal'", quantity(of="model"), "'smal' is not a member of 'model'"),
        ("1", quantity(kind="flag"), "the formula gives a number, but a flag (true or false) is declared"),
    ],
)  # fmt: skip
def test_a_formula_of_another_type_than_declared_is_refused(text: str, wanted: Type, message: str) -> None:
    assert refused(text, "option", wanted=wanted).message == message


def test_zero_has_every_unit() -> None:
    found_at = checked("find(time, 0, over=option)").node
    assert isinstance(found_at, tree.Reduce)
    assert found_at.at == number(0)
    assert checked("max(0, time) if time > 0 else 0", "option").type.unit == parse_unit("ms")
    assert refused("max(1, time)", "option").message == "max joins different kinds of unit: a plain number and ms"


def test_every_mistake_of_a_formula_is_reported_at_its_place() -> None:
    typed, problems = found("time + min(tim, siz * 2)", ("option",), Type("number", ONE))
    assert typed is None
    assert [(p.message, p.span.column if p.span else 0) for p in problems] == [
        ("unknown quantity 'tim'", 12),
        ("unknown quantity 'siz'", 17),
    ]
