"""The exported JSON Schema: current, in its own dialect, and true of every file that the loader takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from reportgen import api
from reportgen.spec import model
from reportgen.spec.document import read_document

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "reportgen" / "library"
EXPORTS = {
    "specs/scenario.schema.json": "scenario",
    "reportgen/library/schema/library.json": "library",
}


def faults(which: str, data: Any) -> list[str]:
    """What the schema says against plain data."""
    return [error.message for error in jsonschema.Draft7Validator(api.schema(which)).iter_errors(data)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("file", "which"), EXPORTS.items())
def test_the_exported_schema_is_current(file: str, which: str, request: pytest.FixtureRequest) -> None:
    made = json.dumps(api.schema(which), ensure_ascii=False, indent=2) + "\n"  # type: ignore[arg-type]
    path = ROOT / file
    if request.config.getoption("--update"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8", newline="\n")
    assert path.read_text("utf-8") == made, "write it with --update"
    jsonschema.Draft7Validator.check_schema(json.loads(made))


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_scenarios_satisfy_it_and_name_it(path: Path) -> None:
    assert faults("scenario", read_document(path).data) == []
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=scenario.schema.json\n")


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_library_files_satisfy_it_and_name_it(path: Path) -> None:
    assert faults("library", read_document(path).data) == []
    first = path.read_text("utf-8").partition("\n")[0]
    named = path.parent / first.removeprefix("# yaml-language-server: $schema=")
    assert named.resolve() == LIBRARY / "schema" / "library.json"


def test_what_the_loader_refuses_is_mostly_seen_by_the_editor_too() -> None:
    folder = ROOT / "tests" / "errors"
    for case in (
        "schema/unknown_key", "rows/negative_batch", "rows/fractional_batch", "schema/list_for_options",
        "schema/number_for_list", "schema/schema_newer", "schema/title_missing", "rows/unknown_lever",
        "rows/unknown_accounting", "schema/number_for_per", "schema/unknown_key_in_quantity",
    ):  # fmt: skip
        assert faults("scenario", read_document(folder / f"{case}.yaml").data), case


def test_rows_have_title_description_and_range() -> None:
    rows = api.schema()["$defs"]
    batch = rows["option_row"]["properties"]["batch"]
    assert batch["title"] == "Batch"
    assert batch["anyOf"][0] == {"type": "integer", "minimum": 1.0, "maximum": 100000.0}
    assert "Llama-3.1-8B" in rows["option_row"]["properties"]["model"]["anyOf"][0]["enum"]
    assert "int8" in rows["option_row"]["properties"]["weight_precision"]["anyOf"][0]["enum"]
    assert "fp8" in rows["accelerator_row"]["properties"]["peak"]["properties"]
    target = api.schema()["properties"]["inputs"]["properties"]["ttft_target"]
    assert target["description"].endswith("in ms, or text with a unit such as '5 ms'")


def test_every_field_is_described() -> None:
    for name in dir(model):
        kind = getattr(model, name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for field, info in kind.model_fields.items():
                assert info.description, f"{name}.{field}"
