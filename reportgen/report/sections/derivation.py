"""The derivation of the headline number as a table, down to inputs and their sources."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from reportgen.engine.explain import ABOVE, NOT_FOLLOWED, derivation
from reportgen.engine.outline import CUT, outline
from reportgen.report.view import Cell, Column, Paragraph, Row, Table

if TYPE_CHECKING:
    from reportgen.engine.explain import Step
    from reportgen.engine.outline import Line, Outline
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Block

__all__ = ["headline_blocks"]

_ROWS = 40  # about two pages
_WORDS = {NOT_FOLLOWED: "a smaller part"}
_COLUMNS = (Column("Quantity"), Column("Formula"), Column("Value"), Column("Given by, source"))


def headline_blocks(reader: ResultsReader) -> list[Block]:
    """Return the derivation of the objective, for the recommended option or the baseline."""
    name, option = reader.objective, reader.recommended
    if not reader.has(name) or reader.quantity(name).per != ("option",):
        return []
    lines = outline(derivation(reader.results, name, (option,)), _ROWS)
    which, value = reader.role_words(option), reader.formatted(name, option)
    text = (
        f"{reader.quantity(name).title} of “{reader.title('option', option)}”, {which}, is {value}. "
        "Each formula uses the values below it that are indented one step further."
    )
    return [Paragraph(text), _Derived(reader, option).table(name, lines)]


class _Derived:
    """Builds the table of a derivation; each source is listed once below it."""

    def __init__(self, reader: ResultsReader, option: str) -> None:
        self.reader, self.option = reader, option
        self.sources: dict[str, str] = {}

    def table(self, name: str, lines: Outline) -> Table:
        """Return the rows in tree order, with the sources and a pointer to the full derivation as a note."""
        rows = tuple(self._row(line) for line in lines.lines)
        notes = [f"[{mark}] {source.rstrip('.')}." for source, mark in self.sources.items()]
        command = f"reportgen explain {self.reader.book.name}.yaml {name} --option {_quoted(self.option)}"
        if lines.whole:
            notes.append(f"The command {command} prints this table.")
        else:
            rest = f"the deepest levels are left out; the command {command} prints everything"
            notes.append(f"Where it says “{CUT}”, {rest}.")
        title = f"From {self.reader.quantity(name).title} down to inputs and sources"
        return Table(title, _COLUMNS, rows, note=" ".join(notes), fine=True)

    def _row(self, line: Line) -> Row:
        step = line.step
        if line.more:
            cells = (Cell(f"{line.more} smaller parts", level=line.level), Cell(step.formula), Cell(""), Cell(""))
            return Row(cells, muted=True)
        head = Cell(self._title(step), level=line.level, name=step.quantity)
        value = self.reader.formatted(step.quantity, *step.key)
        given = line.note if line.note == ABOVE else self._giver(step, _WORDS.get(line.note, line.note))
        return Row((head, Cell(step.formula), Cell(value), Cell(given)), muted=line.note == ABOVE)

    def _title(self, step: Step) -> str:
        """Return the quantity's title with its members, omitting the option that the derivation is about."""
        members = [
            self.reader.title(d, m)
            for d, m in zip(step.per, step.key, strict=True)
            if (d, m) != ("option", self.option)
        ]
        return ": ".join(filter(None, (step.title, ", ".join(members))))

    def _giver(self, step: Step, note: str) -> str:
        """Return who gave the value, with a mark for the source."""
        if not step.source:
            return note
        retrieved = f", retrieved {step.retrieved}" if step.retrieved else ""
        number = len(self.sources)
        mark = ascii_lowercase[number % 26] * (number // 26 + 1)
        return f"{note} [{self.sources.setdefault(step.source + retrieved, mark)}]".lstrip()


def _quoted(name: str) -> str:
    """Quote a name for a shell."""
    return name if name.replace("_", "").replace("-", "").isalnum() else f"'{name}'"
