"""Reductions as formulas: over a whole column, or over the rows of a table that belong to the current row."""

from __future__ import annotations

__all__ = ["reduction"]

_EXTREMES = {"min": "MIN", "argmin": "MIN", "max": "MAX", "argmax": "MAX"}


def reduction(
    function: str,
    column: str,
    key: tuple[str, str] | None,
    where: str | None,
    members: str,
    sought: str | None,
    rank: tuple[str, str, str],
    may_be_empty: bool,
) -> tuple[str, bool]:
    """Return the formula of a reduction, and whether its cell must be an array formula.

    Args:
        function: A name of `REDUCTIONS`.
        column: All cells of the reduced quantity; texts among them (absent values) do not count.
        key: A column of row numbers and the current row's own; only rows with that number count.
        where: A column of flags; only rows where it is true count.
        members: The column with the members of the reduced dimension.
        sought: For `find`, the value that is sought.
        rank: For `rank`, this row's value, all positions and this row's position.
        may_be_empty: Whether it can happen that no row counts.
    """
    if function == "rank":
        mine, positions, position = rank
        before = f"({column}<{mine})+({column}={mine})*({positions}<{position})"
        return f'IF({mine}="","",1+SUMPRODUCT({before}))', False
    if function in ("sum", "count", "mean"):
        return _added(function, column, key, where)
    kept = _kept(key, where)
    if function == "find":
        if not kept:
            return f'IFERROR(INDEX({members},MATCH({sought},{column},0)),"")', False
        return f'IFERROR(INDEX({members},MATCH({sought},IF({"*".join(kept)},{column}),0)),"")', True
    if function not in _EXTREMES:
        raise ValueError(f"the reduction {function!r} has no Excel form")
    known = f'({column}<>"")'
    extreme = _EXTREMES[function]
    chosen = f"IF({'*'.join(kept)},{column})" if kept else column
    if function in ("min", "max"):
        text = f"{extreme}({chosen})"
        # count by a product: IronCalc cannot COUNT an array, and applies ISNUMBER to an array as a whole
        none = f"SUMPRODUCT({'*'.join([*kept, known])})=0" if kept else f"COUNT({column})=0"
        return (f'IF({none},"",{text})' if may_be_empty else text), bool(kept)
    sign = "<=" if extreme == "MIN" else ">="
    hit = "*".join([*kept, known])
    found = f"MATCH(TRUE,IF({hit},{column}{sign}{extreme}({chosen})),0)"
    return f'IFERROR(INDEX({members},{found}),"")', True


def _kept(key: tuple[str, str] | None, where: str | None) -> list[str]:
    """Return the conditions on a row, as factors of an array expression."""
    conditions = [f"({key[0]}={key[1]})"] if key else []
    return [*conditions, f"({where}=TRUE)"] if where else conditions


def _added(function: str, column: str, key: tuple[str, str] | None, where: str | None) -> tuple[str, bool]:
    criteria = ([f"{key[0]},{key[1]}"] if key else []) + ([f"{where},TRUE"] if where else [])
    if function == "count":
        return f"COUNTIFS({','.join([f'{column},TRUE', *criteria])})", False
    if not criteria:
        return (f"SUM({column})" if function == "sum" else f'IFERROR(AVERAGE({column}),"")'), False
    joined = ",".join(criteria)
    if function == "sum":
        return f"SUMIFS({column},{joined})", False
    return f'IFERROR(AVERAGEIFS({column},{joined}),"")', False
