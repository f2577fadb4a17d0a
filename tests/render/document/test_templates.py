"""Templates of a user's get plain data only, and lead to no file."""

from __future__ import annotations

import functools
import shutil
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from jinja2 import Environment, TemplateNotFound, Undefined
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Cycler, Joiner, Namespace
from markupsafe import Markup
from typer.testing import CliRunner

from reportgen import api
from reportgen.api import evaluate
from reportgen.cli import app
from reportgen.render.html import page
from reportgen.render.html.page import render_html
from reportgen.render.html.plain import NotPlainError, Record, plain
from reportgen.report.outline import report_of
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
HOSTILE = Path(__file__).parent / "hostile"

# --- all that is reachable -------------------------------------------------------------------------------------------

LEAVES = (str, int, float, bool, type(None), Markup)
"""Exact built-in types: their methods return such again."""

JINJA = (LoopContext, Cycler, Joiner, Namespace, range)
MAKERS: dict[Any, tuple[Any, ...]] = {
    safe_range: (3,), dict: (), DEFAULT_NAMESPACE["cycler"]: ("a",), DEFAULT_NAMESPACE["joiner"]: (),
    DEFAULT_NAMESPACE["namespace"]: (),
}  # fmt: skip
"""What Jinja lets a template call, and something to call it with."""


def is_plain(value: Any) -> bool:
    """Whether it is data, or one of Jinja's own tools."""
    if type(value) in (*LEAVES, *JINJA, tuple, list, dict, Record):
        return True
    if isinstance(value, (type, types.FunctionType)) and value in MAKERS:
        return True
    if isinstance(value, property):  # of one of Jinja's classes, read from the class
        return is_plain(value.fget)
    if isinstance(value, types.GenericAlias):  # dict["name"]
        return value.__origin__ is dict
    if isinstance(value, types.BuiltinMethodType):
        return is_plain(value.__self__)  # of a function it is the module
    if isinstance(value, types.MethodDescriptorType):
        return value.__objclass__ in (dict, range)
    return isinstance(value, (types.FunctionType, types.MethodType)) and value.__module__.startswith("jinja2.")


def inside(value: Any, environment: ImmutableSandboxedEnvironment) -> Iterator[tuple[str, Any]]:
    """What a template gets from a value in one step: by item, by call, or by an attribute that the sandbox allows."""
    if type(value) in LEAVES:
        return
    if isinstance(value, (dict, types.MappingProxyType)):
        for key, entry in value.items():
            yield from ((f".keys({key!r})", key), (f"[{key!r}]", entry))
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield from ((f"[{number}]", entry) for number, entry in enumerate(value))
    if isinstance(value, (type, types.FunctionType)) and value in MAKERS:
        yield "()", value(*MAKERS[value])
    for name in dir(value):
        for how, get in ((".{}", environment.getattr), ("[{!r}]", environment.getitem)):
            found = get(value, name)
            if not isinstance(found, Undefined):
                yield how.format(name), found


def not_plain(contexts: list[Context]) -> list[str]:
    """The path to everything that templates reach and must not."""
    seen: dict[int, Any] = {}
    waiting = [(name, value, c.environment) for c in contexts for name, value in c.get_all().items()]
    wrong = []
    while waiting:
        path, value, environment = waiting.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value  # kept, so that no other gets its id
        if is_plain(value):
            waiting += [(path + step, entry, environment) for step, entry in inside(value, environment)]
        else:
            wrong.append(f"{path}: {type(value).__name__}")
    assert len(seen) > 100
    return sorted(wrong)


@pytest.mark.parametrize("form", ["full", "brief"])
@pytest.mark.parametrize("spec", ["alice", "bob"])
def test_templates_reach_plain_data_only(spec: str, form: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contexts: list[Context] = []

    class Recorded(Context):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            contexts.append(self)

    monkeypatch.setattr(Environment, "context_class", Recorded)
    own = tmp_path / "own"
    shutil.copytree(templates_dir() / "partials", own / "partials")
    (tmp_path / "fonts").mkdir()
    shutil.copy(templates_dir() / "fonts" / "Inter-Regular.ttf", tmp_path / "fonts")
    theme = tmp_path / "house.yaml"
    theme.write_text("schema: 1\nname: House\nfonts: {text: Inter}\ncolours: {accent: '#123456'}\n", encoding="utf-8")
    design = api.design(form, "a4", theme=theme, templates=own, fonts=[tmp_path / "fonts"])
    render_html(report_of(evaluate(ROOT / "specs" / f"{spec}.yaml"), design))
    used = {context.name for context in contexts}
    assert {"report.html.j2", "partials/head.html.j2", "partials/figure.html.j2", "partials/table.html.j2"} <= used
    assert "\n".join(not_plain(contexts)) == ""


# --- the gate --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    text: str
    where: object = None

    @property
    def loud(self) -> str:
        return self.text.upper()


@dataclass(frozen=True)
class Leak:
    text: str

    @property
    def folder(self) -> Path:
        return Path(self.text)


def test_a_dataclass_becomes_a_record_of_its_fields_and_properties() -> None:
    made: Any = plain({"it": [Told("a", Told("b"))]})
    (told,) = made["it"]
    assert (told.text, told.loud, told.where.loud) == ("a", "A", "B")
    assert repr(told.where) == "<record of text, where, loud>"
    with pytest.raises(AttributeError):
        told.text = "c"


@pytest.mark.parametrize("value", [np.float64(0.5), type("Words", (str,), {})("x"), type("Count", (int,), {})(3)])
def test_numbers_and_texts_are_cut_down_to_the_built_in_types(value: object) -> None:
    assert plain(value) == value
    assert type(plain(value)) in (str, int, float)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Path(), "report is of the type PosixPath"),
        (Told("a", (1, Path())), r"report\.where\[1\] is of the type PosixPath"),
        (Leak("a"), r"report\.folder is of the type"),
        ({"a": len}, r"report\.a is of the type builtin_function"),
        (functools.partial(len, ""), "report is of the type partial"),
        (Told, "report is of the type type"),
        (np.zeros(2), "report is of the type ndarray"),
        ({Path(): 1}, "a key of report is"),
    ],
)
def test_what_is_not_plain_never_gets_to_a_template(value: object, said: str) -> None:
    said = said.replace("PosixPath", type(Path()).__name__)
    template = page._environment(None).from_string("{{ report }}")
    with pytest.raises(NotPlainError, match=said):
        template.render(report=value)
    with pytest.raises(NotPlainError, match=said):
        template.make_module({"report": value})
    with pytest.raises(NotPlainError):
        Record({"a": value})


# --- the sandbox -----------------------------------------------------------------------------------------------------


def test_templates_are_sandboxed_and_have_jinjas_own_tools_without_chance() -> None:
    environment = page._environment(None)
    assert isinstance(environment, ImmutableSandboxedEnvironment)
    assert not environment.extensions
    assert environment.globals.keys() == {"range", "dict", "cycler", "joiner", "namespace"}
    assert "random" not in environment.filters


@pytest.mark.parametrize("tag", ["include '{}'", "import '{}' as x", "from '{}' import x", "extends '{}'"])
@pytest.mark.parametrize(
    "name",
    [
        "../secret.j2", "partials/../../secret.j2", "/{root}/secret.j2", "//{root}/secret.j2", "link.j2",
        "linked/secret.j2", "ours/../secret.j2", "ours//{root}/secret.j2", "ours/ours/report.css", "..\\\\secret.j2",
        "./../secret.j2", "{root}/secret.j2", "~/secret.j2",
    ],
)  # fmt: skip
def test_no_template_leaves_its_folders(tag: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.j2").write_text("a secret")
    own = tmp_path / "own"
    (own / "partials").mkdir(parents=True)
    (own / "link.j2").symlink_to(tmp_path / "secret.j2")
    (own / "linked").symlink_to(tmp_path)
    text = tag.format(name.format(root=str(tmp_path).lstrip("/")))
    template = page._environment(own).from_string(f"{{% {text} %}}")
    with pytest.raises(TemplateNotFound):
        template.render()


# --- whole builds ----------------------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def build(templates: Path, out: Path, kind: str) -> Any:
    spec = str(ROOT / "specs" / "llm_viewer_network.yaml")
    return CliRunner().invoke(app, ["build", spec, "--format", kind, "-o", str(out), "--templates", str(templates)])


def assert_refused(result: Any, out: Path) -> None:
    """One message, exit code 2, and no output."""
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.splitlines() if "a template" in line]
    assert len(lines) == 1
    assert "a template uses an unknown name: " in lines[0]
    assert "Traceback" not in result.stderr
    assert not list(out.glob("*.*"))


@pytest.mark.pdf
@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_a_template_that_escaped_once_is_refused(kind: str, tmp_path: Path) -> None:
    result = build(HOSTILE / "template_escape", tmp_path / "out", kind)
    assert_refused(result, tmp_path / "out")
    assert "'templates'" in result.stderr
    assert "root:" not in result.output


@pytest.mark.parametrize(
    "text",
    [
        "report.design.templates.joinpath('../secret.txt').read_text()",
        "report.design.templates.joinpath('../new.txt').write_text('x')",
        "report.design.templates.joinpath('../secret.txt').unlink()",
        "report.design['templates'].parent.joinpath('secret.txt').unlink()",
        "(report.design | attr('templates')).parent.joinpath('secret.txt').unlink()",
        "([report.design] | map(attribute='templates') | first).parent.joinpath('secret.txt').unlink()",
        "report.design.theme.folder.parent.joinpath('secret.txt').read_text()",
        "report.design.fonts[0].parent.joinpath('secret.txt').read_text()",
        "chart.args[0].design.templates.parent.joinpath('secret.txt').unlink()",
        "chart.func(report, report.sections[0].blocks[0], 'x')",
        "report.date.today()",
    ],
)
def test_a_template_reads_writes_and_deletes_no_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a secret")
    own = tmp_path / "own" / "partials"
    own.mkdir(parents=True)
    (own / "head.html.j2").write_text(f"<header>{{{{ {text} }}}}</header>", encoding="utf-8")
    before = files(tmp_path)
    result = build(own.parent, tmp_path / "out", "html")
    assert_refused(result, tmp_path / "out")
    assert "a secret" not in result.output
    assert files(tmp_path) == before
