"""Values written into a scenario's text: what is read afterwards is what was meant, and the rest stays."""

from __future__ import annotations

import copy
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reportgen.spec.write import with_value

KEYS = st.text("abcxyz_-1", min_size=1, max_size=6).filter(lambda k: k[0].isalpha())
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 99),
    st.floats(-1e6, 1e6, width=32),
    st.text("ab :#{}[],'\"-é", max_size=8),
)
STARTS = PLAIN.filter(lambda v: not str(v).startswith((":", "?")))  # ruamel.yaml writes these so that nobody reads them
TREES = st.dictionaries(KEYS, st.recursive(STARTS, lambda inner: st.dictionaries(KEYS, inner, max_size=3)), min_size=1)


def written(data: object, *, flow: bool | None) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow  # type: ignore[assignment]
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def meant(data: dict[str, Any], path: list[str], value: object) -> dict[str, Any]:
    made = copy.deepcopy(data)
    at = made
    for key in path[:-1]:
        if not isinstance(at.get(key), dict):
            at[key] = {}
        at = at[key]
    at[path[-1]] = value
    return made


@given(TREES, st.data(), st.sampled_from([None, False]), PLAIN)
def test_a_value_at_any_path_is_read_back_and_nothing_else_changes(
    tree: dict[str, Any], data: st.DataObject, flow: bool | None, value: object
) -> None:
    path, at = [], tree
    while isinstance(at, dict):
        path.append(data.draw(st.one_of(st.sampled_from(sorted(at)), KEYS) if at else KEYS))
        at = at.get(path[-1])
        if data.draw(st.booleans()):
            break
    text = written(tree, flow=flow)
    assert read(with_value(text, path, value)) == meant(read(text), path, value)


@given(TREES, KEYS, PLAIN)
def test_remarks_stay(tree: dict[str, Any], key: str, value: object) -> None:
    text = f"# before\n{written(tree, flow=False)}# after\n"
    made = with_value(text, [key], value)
    assert made.startswith("# before\n")
    assert "# after" in made
