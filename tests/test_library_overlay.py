"""A library of one's own, laid over ours: it adds, it corrects cell by cell, and its mistakes are said at once."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.book.library.library import library
from reportgen.book.library.overlay import faults
from reportgen.cli import app
from reportgen.errors import SpecError
from reportgen.render.excel.workbook import workbook_bytes
from reportgen.render.second_process import SecondProcess
from reportgen.resources import library_dir
from reportgen.spec import folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.engine.results import Results

SCENARIO = """schema: 1
title: Letters
requests: {letter: {prompt_tokens: 800, output_tokens: 300}}
levers: none
options:
  baseline: {model: Llama-3.1-8B, accelerator: RTX-4090}
  other: {accelerator: L40S}
quantities:
  megabyte: {unit: MB, value: 1008}
  sweep: {unit: ms, per: [option], formula: megabyte / memory_bandwidth, better: lower}
"""
ACCELERATORS = """name,aliases,memory_bandwidth,memory_nominal,peak_16bit,peak[int8],source,retrieved
Ours-1,house one,504,48,200,400,our lab,2026-11
RTX-4090,,2016,,,,,
"""
RENT = """schema: 1
accounting: [reportgen]
quantities:
  rent: {title: Rent, unit: USD/h, per: [accelerator], by: accelerator, input: true, optional: true}
  day: {unit: h, value: 24}
  rent_limit: {unit: USD, value: 20}
  daily_rent: {unit: USD, per: [option], formula: rent * day if known(rent) else absent}
rules:
  rent_less:
    when: daily_rent > rent_limit if known(daily_rent) else False
    says: "Rent less: {option} takes {daily_rent if known(daily_rent) else rent_limit:.0f} USD a day."
inputs: {ttft_target: 5 s}
"""
RENTS = "name,rent\nrtx-4090,1\nL40S,0.5\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder to work in, with the scenario in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REPORTGEN_LIBRARY", raising=False)
    Path("letters.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def lay(files: Mapping[str, str | bytes], name: str = "own") -> str:
    """A folder with these files; its name."""
    for path, content in files.items():
        target = Path(name, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def scenario(old: str = "", new: str = "") -> str:
    """The scenario, changed; its file."""
    Path("changed.yaml").write_text(SCENARIO.replace(old, new), encoding="utf-8")
    return "changed.yaml"


def run(files: Mapping[str, str | bytes], spec: str = "letters.yaml") -> Results:
    return api.evaluate(spec, library=lay(files))


def said(files: Mapping[str, str | bytes], spec: str = "letters.yaml") -> str:
    with pytest.raises(SpecError) as caught:
        run(files, spec)
    return str(caught.value)


# --- what it adds and corrects ---------------------------------------------------------------------------------------


def test_a_new_accelerator_can_be_used_under_its_name_and_alias() -> None:
    files = {"accelerators.csv": ACCELERATORS}
    assert run(files, scenario("L40S", "Ours-1")).get("sweep", "other") == pytest.approx(2)
    assert run(files, scenario("L40S", "House One")).get("accelerator", "other") == "Ours-1"
    assert api.evaluate("letters.yaml", ["other.accelerator=ours-1"], "own").get("sweep", "other") == pytest.approx(2)


def test_a_row_that_is_known_changes_in_the_cells_that_it_gives() -> None:
    before, after = api.evaluate("letters.yaml"), run({"accelerators.csv": ACCELERATORS})
    assert before.get("sweep", "baseline") == pytest.approx(1)
    assert after.get("sweep", "baseline") == pytest.approx(0.5)
    assert after.get("sweep", "other") == before.get("sweep", "other")
    for cell in (("peak_16bit", "RTX-4090"), ("peak", "RTX-4090", "int8")):
        assert after.get(*cell) == before.get(*cell) is not None


def test_a_row_is_found_by_its_alias_and_keeps_its_own() -> None:
    files = {"accelerators.csv": "name,aliases,memory_bandwidth\nGeForce RTX 4090,the big one,504\n"}
    results = run(files, scenario("RTX-4090", "the big one"))
    assert results.get("accelerator", "baseline") == "RTX-4090"
    assert results.get("sweep", "baseline") == pytest.approx(2)
    assert run(files, scenario("RTX-4090", "geforce rtx 4090")).get("sweep", "baseline") == pytest.approx(2)


def test_one_rate_of_several_is_corrected_alone() -> None:
    before = api.evaluate("letters.yaml")
    after = run({"accelerators.csv": "name,peak[fp8]\nL40S,1\n"})
    assert after.get("peak", "L40S", "fp8") == 1
    assert after.get("peak", "L40S", "int8") == before.get("peak", "L40S", "int8") is not None


def test_the_source_of_a_row_becomes_theirs() -> None:
    members = {m.name: m for m in run({"accelerators.csv": ACCELERATORS}).book.dimensions["accelerator"].members}
    assert (members["Ours-1"].source, members["Ours-1"].retrieved) == ("our lab", "2026-11")
    assert (members["RTX-4090"].source, members["RTX-4090"].retrieved) == ("own/accelerators.csv", "")
    ours = {m.name: m for m in api.check("letters.yaml").dimensions["accelerator"].members}
    assert members["L40S"] == ours["L40S"]


def test_a_title_alone_leaves_the_source() -> None:
    row = "schema: 1\ndimensions: {accelerator: {rows: {L40S: {title: The old one}}}}\n"
    members = {m.name: m for m in run({"titles.yml": row}).book.dimensions["accelerator"].members}
    assert members["L40S"].title == "The old one"
    assert "own/" not in members["L40S"].source


def test_a_row_that_only_adds_figures_leaves_the_source_of_the_others() -> None:
    ours = {m.name: m for m in api.check("letters.yaml").dimensions["accelerator"].members}
    files = {"rent.yaml": RENT, "accelerators.csv": "name,rent,source\nL40S,2,our books\n"}
    theirs = {m.name: m for m in run(files).book.dimensions["accelerator"].members}
    assert theirs["L40S"].source == ours["L40S"].source + "; our books"
    assert theirs["L40S"].retrieved == ours["L40S"].retrieved


def test_a_quantity_of_ones_own_is_a_column_of_the_catalogue() -> None:
    results = run({"rent.yaml": RENT, "accelerators.csv": RENTS})
    assert results.get("daily_rent", "baseline") == 24
    assert results.get("daily_rent", "other") == 12


def test_a_price_of_ones_own_and_one_that_is_corrected() -> None:
    known = str(api.catalog("prices")[0]["name"])
    row = f"{known},,,,,4.5,,2026-11-20,offer of November"
    own = "Ours,cloud,Ours-1,Acme,reserved,4,USD,2026-11-20,contract 17"
    head = "name,price_kind,price_accelerator,provider,terms,hourly_price,price_currency,price_date,source"
    files = {"prices.csv": f"{head}\n{row}\n{own}\n", "accelerators.csv": ACCELERATORS}
    new = "L40S, price: Ours}\n  third: {price: " + known
    spec = scenario("L40S", new)
    text = "date: 2026-11-23\n" + Path(spec).read_text("utf-8")
    formula = "converted_hourly_price if known(price) and known(converted_hourly_price) else absent"
    text += f"  paid: {{unit: USD/day, per: [option], formula: {formula}}}\n"
    Path(spec).write_text(text, encoding="utf-8")
    results = run(files, spec)
    assert results.get("paid", "other") == pytest.approx(4 * 24)
    assert results.get("paid", "third") == pytest.approx(4.5 * 24)
    sources = {m.name: m.source for m in results.book.dimensions["price"].members}
    assert (sources["Ours"], sources[known]) == ("contract 17", "offer of November")


def test_prices_of_ones_own_do_not_matter_where_no_option_has_a_price() -> None:
    rows = "schema: 1\ndimensions: {price: {rows: {Ours: {hourly_price: 4}}}}\n"
    files = {"prices.csv": "name,hourly_price\nTheirs,4\n", "prices.yaml": rows}
    assert "price" not in run(files).book.dimensions
    assert "price 'Ours' has no 'price_currency'" in said(files, scenario("L40S", "L40S, price: Ours"))


def test_a_rule_of_ones_own_fires_and_one_of_the_same_name_takes_its_place() -> None:
    files = {"rules/rent.yaml": RENT, "accelerators.csv": RENTS}
    results = run(files)
    assert results.get("rule_when", "baseline", "rent_less") is True
    assert results.get("rule_when", "other", "rent_less") is False
    assert "baseline takes 24 USD a day" in str(results.get("rule_says", "baseline", "rent_less"))
    later = "schema: 1\nrules: {rent_less: {when: batch < 2, says: 'Now {batch:.0f}.'}}\n"
    both = api.evaluate("letters.yaml", library=["own", lay({"later.yaml": later}, "later")])
    assert both.get("rule_when", "other", "rent_less") is True
    assert both.get("rule_says", "other", "rent_less") == "Now 1."


def test_a_word_of_ones_own_that_counts_is_a_unit() -> None:
    files = {"a.yaml": "schema: 1\ncounts: {page: pages}\nquantities: {volume: {unit: page, value: 2 kpages}}\n"}
    assert run(files).get("volume") == 2000
    assert "unknown unit 'page'" in said(
        {"a.yaml": files["a.yaml"].replace("page: pages", "sheet: sheets")}, "letters.yaml"
    )


def test_a_lever_of_ones_own_is_an_option() -> None:
    lever = "schema: 1\nlevers: {eight: {title: A batch of eight, batch: 8}}\n"
    assert run({"levers.yaml": lever}, scenario("levers: none", "levers: [eight]")).get("batch", "eight") == 8


def test_an_input_of_ones_own_is_the_default_and_the_scenarios_wins() -> None:
    files = {"rent.yaml": RENT}
    assert api.evaluate("letters.yaml").get("ttft_target") is None
    assert run(files).get("ttft_target") == 5000
    assert run(files, scenario("options:", "inputs: {ttft_target: 7 s}\noptions:")).get("ttft_target") == 7000


def test_a_later_folder_counts_over_an_earlier_one() -> None:
    lay({"accelerators.csv": "name,memory_bandwidth\nRTX-4090,2016\n"}, "a")
    lay({"accelerators.csv": "name,memory_bandwidth\nRTX-4090,504\n"}, "b")
    assert api.evaluate("letters.yaml", library=["a", "b"]).get("sweep", "baseline") == pytest.approx(2)
    assert api.evaluate("letters.yaml", library=["b", Path("a")]).get("sweep", "baseline") == pytest.approx(0.5)


def test_what_another_accounting_lacks_is_left_out_of_it() -> None:
    spec = Path(__file__).parents[1] / "specs" / "llm_viewer_network.yaml"
    results = api.evaluate(spec, library=lay({"rent.yaml": RENT, "accelerators.csv": RENTS}))
    assert "rent" not in results.book.quantities
    lay({"accelerators.csv": "name\n", "rent.yaml": "schema: 1\nrules: {rent_less: {when: batch > 1, says: Less}}\n"})
    message = r"the rule 'rent_less' cannot be used.*\n.*\n.*\n  name under accounting: the one"
    with pytest.raises(SpecError, match=message):
        api.evaluate(spec, library="own")


def test_hidden_files_and_other_kinds_are_not_read() -> None:
    files = {"accelerators.csv": ACCELERATORS, ".git/x.yaml": "[", "README.md": "#", "._models.csv": "", "pic.png": ""}
    assert run(files).get("sweep", "baseline") == pytest.approx(0.5)


# --- what an output says of it ---------------------------------------------------------------------------------------


def test_the_hash_says_what_an_output_was_made_with() -> None:
    lay({"accelerators.csv": ACCELERATORS}, "a")
    lay({"accelerators.csv": ACCELERATORS.replace("\n", "\r\n")}, "b")
    lay({"accelerators.csv": ACCELERATORS.replace("504", "505")}, "c")
    plain, a, b, c, ac, ca = (
        api.check("letters.yaml", library=folders).library_hash
        for folders in ([], "a", "b", "c", ["a", "c"], ["c", "a"])
    )
    assert a == b
    assert len({plain, a, c, ac, ca}) == 5


def test_what_changed_on_disk_is_read_again() -> None:
    files = {"accelerators.csv": ACCELERATORS}
    first = run(files).book.library_hash
    files["accelerators.csv"] = ACCELERATORS.replace("2016", "504")
    assert run(files).get("sweep", "baseline") == pytest.approx(2)
    assert run(files).book.library_hash != first


def test_the_workbook_made_beside_has_it_too_whatever_changed_meanwhile() -> None:
    results = api.evaluate("letters.yaml", library=lay({"accelerators.csv": ACCELERATORS}))
    lay({"accelerators.csv": ACCELERATORS.replace("2016", "504")})
    with SecondProcess() as second:
        finished = second.start(results, "structured", lambda: b"made here")
        assert finished() == (workbook_bytes(results) if (os.cpu_count() or 1) > 1 else b"made here")


def test_the_other_verbs_know_it() -> None:
    own = lay({"accelerators.csv": ACCELERATORS, "rent.yaml": RENT})
    rows = {row["name"]: row for row in api.catalog("accelerators", own)}
    assert rows["Ours-1"] == {
        "name": "Ours-1", "aliases": "house one", "memory_bandwidth": 504, "memory_nominal": 48, "peak_16bit": 200,
        "peak": {"int8": 400}, "source": "our lab", "retrieved": "2026-11",
    }  # fmt: skip
    assert rows["RTX-4090"]["memory_bandwidth"] == 2016
    assert rows["RTX-4090"]["source"] == "own/accelerators.csv"
    assert "Ours-1" not in {row["name"] for row in api.catalog("accelerators")}
    options = api.schema("scenario", own)["$defs"]["option_row"]["properties"]
    assert "Ours-1" in options["accelerator"]["anyOf"][0]["enum"]
    assert "rent" in api.schema("scenario", own)["$defs"]["accelerator_row"]["properties"]
    api.new("begun.yaml", accelerator="house one", library=own)
    assert api.check("begun.yaml", own).name == "begun"
    assert api.check_all(["begun.yaml", "letters.yaml"], own)[0].overlays == ("own",)
    assert api.explain("letters.yaml", "sweep", library=own).derivation.value == pytest.approx(0.5)


# --- what is wrong with it -------------------------------------------------------------------------------------------


def test_no_folder_a_file_and_a_folder_without_anything() -> None:
    Path("nothing").mkdir()
    Path("nothing", "notes.txt").touch()
    with pytest.raises(SpecError) as caught:
        api.check("letters.yaml", ["missing", "nothing/notes.txt", "nothing"])
    assert str(caught.value) == (
        "missing: there is no such folder\n"
        "nothing: the folder holds nothing of a library\n"
        "  it may hold accelerators.csv, models.csv, prices.csv, token_prices.csv, "
        "and YAML files in the library's format\n"
        "nothing/notes.txt: this is a file, not a folder"
    )


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (
            {"accelerators.csv": "name,memory_bandwith,peak[int7],peak,layers\nL40S,1,,,\n"},
            """own/accelerators.csv:1:6: no accelerator has a 'memory_bandwith'
    1 | name,memory_bandwith,peak[int7],peak,layers
      |      ^^^^^^^^^^^^^^^
  did you mean 'memory_bandwidth'?
own/accelerators.csv:1:22: unknown precision 'int7'
    1 | name,memory_bandwith,peak[int7],peak,layers
      |                      ^^^^^^^^^^
  did you mean 'int8'?
own/accelerators.csv:1:33: 'peak' has a value per precision
    1 | name,memory_bandwith,peak[int7],peak,layers
      |                                 ^^^^
  write peak[fp32], and a column for each other
own/accelerators.csv:1:38: no accelerator has a 'layers'
    1 | name,memory_bandwith,peak[int7],peak,layers
      |                                      ^^^^^^""",
        ),
        (
            {"accelerators.csv": "name;memory_bandwidth\nL40S;1\n"},
            """own/accelerators.csv:1:1: the first column of a catalogue is 'name'
    1 | name;memory_bandwidth
      | ^
  fields are separated by commas""",
        ),
        (
            {"accelerators.csv": 'name,memory_bandwidth\nL40S,1,2\nl40s,3\nL40S,3\nH100,"4\n'},
            """own/accelerators.csv:2:1: the row has 3 fields, the header 2
    2 | L40S,1,2
      | ^
own/accelerators.csv:4:1: duplicate row 'L40S'
    4 | L40S,3
      | ^
own/accelerators.csv:5:1: this is not CSV: unexpected end of data
    5 | H100,"4
      | ^""",
        ),
        (
            {"accelerators.csv": "name,memory_bandwidth\nL40S,fast\nOurs,-3\n?,1\n"},
            """own/accelerators.csv:2:6: 'memory_bandwidth' needs a number in GB/s, not 'fast'
    2 | L40S,fast
      |      ^^^^
own/accelerators.csv:3:1: accelerator 'Ours' has no 'peak_16bit'
""",
        ),
        (
            {"accelerators.csv": "name,aliases\nL40S,RTX 4090\n"},
            """own/accelerators.csv:2:6: the alias 'RTX 4090' means 'RTX-4090'
    2 | L40S,RTX 4090
      |      ^^^^^^^^
  choose another""",
        ),
        (
            {"accelerator.csv": "name\n", "a/prices.xlsx": "", "a/Modells.CSV": "name\n"},
            """own/a/Modells.CSV: no catalogue has this name
  did you mean 'models.csv'?
own/accelerator.csv: no catalogue has this name
  did you mean 'accelerators.csv'?""",
        ),
        (
            {"a.yaml": "schema: 1\nquantitys: {}\n", "b.yaml": "a: [1\n", "c.yaml": "", "models.csv": b"name\n\xe9\n"},
            """own/a.yaml:2:1: unknown key 'quantitys'
    2 | quantitys: {}
      | ^^^^^^^^^
  did you mean 'quantities'?
own/b.yaml:1:5: this is not YAML: the file ends too early
    1 | a: [1
      |     ^
  '[' that begins in line 1, column 4 is not closed
own/c.yaml:1:1: the file is empty
  write schema: 1, and below it what the file declares
own/models.csv:2:1: the file is not UTF-8: byte 0xe9 cannot be read""",
        ),
        (
            {"a.yaml": "schema: 1\ninputs: {ttft_targt: 1}\nreport: {option_columns: [xyzzy]}\n"},
            """own/a.yaml:2:10: unknown input 'ttft_targt'
    2 | inputs: {ttft_targt: 1}
      |          ^^^^^^^^^^
  did you mean 'ttft_target'?
own/a.yaml:3:27: unknown quantity 'xyzzy'
    3 | report: {option_columns: [xyzzy]}
      |                           ^^^^^""",
        ),
        (
            {"a.yaml": "schema: 1\nneeds: {modle: experts}\n"},
            """own/a.yaml:2:9: unknown dimension 'modle'
    2 | needs: {modle: experts}
      |         ^^^^^
  did you mean 'model'?""",
        ),
        (
            {"a.yaml": "schema: 1\ninputs: {ttft_target: 1 GB}\n"},
            "own/a.yaml:2:23: wrong unit: 'ttft_target' is measured in ms, not GB",
        ),
        (
            {
                "a.yaml": "schema: 1\ndrivers:\n"
                "  heat: {title: Heat, column: batsh, low: 1, high: 2, input: [peak_rat]}\n"
            },
            """own/a.yaml:3:31: driver 'heat' cannot use 'batsh'
    3 |   heat: {title: Heat, column: batsh, low: 1, high: 2, input: [peak_rat]}
      |                               ^^^^^
  did you mean 'batch'?
own/a.yaml:3:63: driver 'heat' cannot use 'peak_rat'
    3 |   heat: {title: Heat, column: batsh, low: 1, high: 2, input: [peak_rat]}
      |                                                               ^^^^^^^^
  did you mean 'peak_rate'?""",
        ),
        (
            {"a.yaml": "schema: 1\nworkbook: {tables: [{per: [optoin], sheet: Mine}], muted: {repeat: 0}}\n"},
            """own/a.yaml:2:28: unknown dimension 'optoin'
    2 | workbook: {tables: [{per: [optoin], sheet: Mine}], muted: {repeat: 0}}
      |                            ^^^^^^
  did you mean 'option'?
own/a.yaml:2:60: unknown quantity 'repeat'
    2 | workbook: {tables: [{per: [optoin], sheet: Mine}], muted: {repeat: 0}}
      |                                                            ^^^^^^
  did you mean 'repeats'?""",
        ),
    ],
    ids=[
        "headers",
        "semicolons",
        "rows",
        "cells",
        "alias",
        "names",
        "broken",
        "unknown",
        "needs",
        "input",
        "driver",
        "workbook",
    ],
)
def test_mistakes_are_said_in_these_words(files: dict[str, str | bytes], text: str) -> None:
    nearest_alone = re.sub(r"( or '[^']*')+\?", "?", said(files))
    assert nearest_alone.startswith(text)


def test_roles_and_the_objective_name_quantities() -> None:
    frame = (library_dir() / "frame.yaml").read_text("utf-8")
    wrong = frame.replace("verdict: verdict", "verdict: verdicts").replace(
        "minimise: request_latency", "minimise: latensy"
    )
    text = said({"a.yaml": wrong})
    assert ":25: the objective 'latensy' is not a number per option" in text
    assert ": unknown quantity 'verdicts'" in text
    assert "did you mean 'verdict'" in text
    figures = (library_dir() / "figures.yaml").read_text("utf-8")
    text = said({"a.yaml": figures.replace("rate: curve_rate", "rate: curve_rat")})
    assert ": unknown quantity 'curve_rat'\n" in text
    assert "did you mean 'curve_rate'" in text


def test_our_own_library_names_nothing_that_it_lacks() -> None:
    ours = library()
    assert list(faults(ours, ours.parts)) == []


def test_a_quantity_that_exists_says_which_file_has_it() -> None:
    text = said({"a.yaml": "schema: 1\nquantities: {batch: {value: 1}}\n"})
    assert text.startswith("own/a.yaml:2:14: the quantity 'batch' exists already")
    assert "it is declared in library/quantities/" in text


def test_nearest_names_are_sought_among_all_rows() -> None:
    text = said({"accelerators.csv": ACCELERATORS}, scenario("L40S", "Ours-2"))
    assert "unknown accelerator 'Ours-2'" in text
    assert "did you mean 'Ours-1'" in text


# --- what might do harm ----------------------------------------------------------------------------------------------


def test_links_that_lead_out_are_not_followed_and_those_inside_are() -> None:
    Path("secret.yaml").write_text("schema: 1\n", encoding="utf-8")
    lay({"real/rent.txt": RENT})
    Path("own", "inside.yaml").symlink_to(Path("real", "rent.txt"))
    assert api.evaluate("letters.yaml", library="own").get("day") == 24
    Path("own", "out.yaml").symlink_to(Path("..", "secret.yaml"))
    Path("own", "gone.yaml").symlink_to("nowhere")
    Path("own", "circle.yaml").symlink_to("circle.yaml")
    Path("own", "above").symlink_to("..")
    lines = said({}).splitlines()
    assert [line for line in lines if not line.startswith(" ")][1:] == [
        "own/circle.yaml: this link leads in a circle",
        "own/gone.yaml: there is no such file",
        "own/out.yaml: this is a link to a file outside of the folder",
    ]
    assert lines[:2] == [
        "own/above: links to folders are not followed",
        "  put the folder itself here, or leave it out",
    ]


def test_the_folder_itself_may_be_a_link() -> None:
    lay({"accelerators.csv": ACCELERATORS})
    Path("link").symlink_to("own")
    assert api.evaluate("letters.yaml", library="link").get("sweep", "baseline") == pytest.approx(0.5)


def test_a_pipe_is_not_waited_for() -> None:
    Path("own").mkdir()
    os.mkfifo("own/a.yaml")
    assert said({}) == "own/a.yaml: this cannot be read: it is not a plain file"


def test_what_is_too_large_too_deep_or_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    monkeypatch.setattr(folder, "MAX_ENTRIES", 20)
    monkeypatch.setattr(folder, "MAX_TOTAL", 1_500_000)
    large = "schema: 1\n#" + "x" * 800_000
    assert said({"a.yaml": large * 2}) == "own/a.yaml: the file is larger than 1 MB"
    assert said({"a.yaml": large, "b.yaml": large}) == "own: the files have 1.6 MB together; at most 2 MB are read"
    assert said({f"{i}.yaml": "schema: 1\n" for i in range(3)}).startswith("own: the folder holds 5 files of a lib")
    assert said({f"{i}.txt": "" for i in range(30)}).startswith("own: the folder holds more than 20 files")
    deep = "/".join("d" * 10) + "/a.yaml"
    with pytest.raises(SpecError, match=r"own2/d/d/d/d/d/d/d/d/d: folders nested more than 8 deep are not read"):
        api.check("letters.yaml", lay({deep: "schema: 1\n"}, "own2"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("name" + ",a" * 400_000, "own/models.csv:1:1: the table has 400001 columns; at most 500 are read"),
        (
            "name\n" + "".join(f"m{i}\n" for i in range(60_000)),
            "own/models.csv:20002:1: the table has more than 20000 rows",
        ),
        ("name\n" + "m\n" * 30_000, "own/models.csv:3:1: duplicate row 'm'"),
        ("name,title\nm," + "x" * 200_000, "own/models.csv:2:1: this is not CSV: field larger than field limit"),
        ("name,layers\nm\0,1\n", "own/models.csv:2:1: "),
    ],
    ids=["columns", "rows", "twice", "field", "zero"],
)
def test_a_hostile_table_is_refused_soon(content: str, text: str) -> None:
    assert said({"models.csv": content}).startswith(text)


@pytest.mark.parametrize("value", ["nan", "-nan", "inf", "+inf", "1_000", "1e999", "0x10", "1 000"])
def test_what_is_no_number_is_refused(value: str) -> None:
    assert said({"accelerators.csv": f"name,memory_bandwidth\nL40S,{value}\n"}).startswith("own/accelerators.csv:2:6: ")


def test_odd_names_of_files_do_not_break_messages() -> None:
    Path("own").mkdir()
    odd = os.fsdecode(b"own/a\nb\xff \xc3\xa9\x1b[31m.yaml")
    Path(odd).write_text("schema: 1\nwrong: 1\n", encoding="utf-8")
    text = said({})
    assert text.startswith("own/a\\nb\\udcff é\\x1b[31m.yaml:2:1: unknown key 'wrong'")
    text.encode()
    Path(odd).write_text("schema: 1\ninputs: {ttft_target: 1 s}\n", encoding="utf-8")
    assert run({}).get("ttft_target") == 1000


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, ""])
def test_odd_names_of_the_folder_get_one_message(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        api.check("letters.yaml", [name or "letters.yaml/x"])
    assert len(caught.value.problems) == 1


# --- the command line ------------------------------------------------------------------------------------------------


def sweep_of(*arguments: str, **environment: str) -> float:
    """What `evaluate` prints for the baseline."""
    command = ["evaluate", "letters.yaml", "--format", "json", *arguments]
    result = CliRunner().invoke(app, command, env=environment)
    assert result.exit_code == 0, result.output
    return float(json.loads(result.stdout)["tables"]["option"][0]["sweep"])


def test_the_option_and_the_variable_name_folders() -> None:
    lay({"accelerators.csv": "name,memory_bandwidth\nRTX-4090,2016\n"}, "a")
    lay({"accelerators.csv": "name,memory_bandwidth\nRTX-4090,504\n"}, "b b")
    assert sweep_of() == pytest.approx(1)
    assert sweep_of("--library", "a") == pytest.approx(0.5)
    assert sweep_of("--library", "a", "--library", "b b") == pytest.approx(2)
    assert sweep_of(REPORTGEN_LIBRARY=f"a{os.pathsep}b b") == pytest.approx(2)
    assert sweep_of("--library", "a", REPORTGEN_LIBRARY="b b") == pytest.approx(0.5)
    assert sweep_of(REPORTGEN_LIBRARY="") == pytest.approx(1)


@pytest.mark.parametrize("verb", ["build", "check", "evaluate"])
def test_a_mistake_exits_with_2_and_writes_nothing(verb: str, here: Path) -> None:
    lay({"accelerators.csv": "name,speed\nL40S,1\n"})
    before = sorted(here.rglob("*"))
    result = CliRunner().invoke(app, [verb, "letters.yaml", "--library", "own"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("own/accelerators.csv:1:6: no accelerator has a 'speed'\n")
    assert sorted(here.rglob("*")) == before


def test_the_other_verbs_take_the_option_too() -> None:
    lay({"accelerators.csv": ACCELERATORS})
    result = CliRunner().invoke(app, ["catalog", "accelerators", "--library", "own"])
    assert "Ours-1" in result.stdout
    assert "GB/s" in result.stdout
    result = CliRunner().invoke(app, ["schema", "--library", "own"])
    assert "Ours-1" in result.stdout
    assert CliRunner().invoke(app, ["new", "n.yaml", "--accelerator", "Ours-1", "--library", "own"]).exit_code == 0
    result = CliRunner().invoke(app, ["explain", "n.yaml", "tpot", "--library", "own"])
    assert result.exit_code == 0, result.output
