"""Adapt quantities to another library file that takes part, such as device figures to options without devices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.book.quantities.drafts import Draft
from reportgen.lang import tree
from reportgen.lang.reader import read_formula
from reportgen.spec.declared.frame import FRAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.entries import Origin
    from reportgen.book.quantities.cells import Written
    from reportgen.book.quantities.drafts import Site
    from reportgen.spec.model import AdaptSpec

__all__ = ["adapt"]

_DECLARED = "declared"
"""The name that stands for the declared formula in an adapted one."""
_RELATIONS = ("limits", "met", "low_of", "high_of", "ideal_of", "pass_of", "part_of", "symbol")
"""What is declared of a quantity itself, and not of what is kept of it."""


def adapt(site: Site) -> None:
    """Give quantities the formulas that other files adapt them to; a scenario's own formulas remain as they are."""
    adapted = {
        name: (spec, part.document, ("adapts", name, "formula"))
        for part in site.all.participation.files
        for name, spec in part.spec.adapts.items()
        if name in site.drafts
    }
    kept = {name: spec.keeps for name, (spec, _, _) in adapted.items() if spec.keeps}
    own = {name for part in site.all.participation.files if part.spec.adapts for name in part.spec.quantities}
    for name, draft in site.drafts.items():
        if name not in own and name not in FRAME and draft.origin.document is not site.loaded.document:
            _redirect(site, draft, kept)
    for name, (spec, document, path) in adapted.items():
        draft = site.drafts[name]
        source = document.source(path, str(spec.formula))
        node = read_formula(source, site.problems.append)
        if node is None:
            continue
        if spec.keeps:
            site.drafts[spec.keeps] = _kept(draft, spec)
        if draft.formula is not None:
            draft.formula = _adapted(draft.formula, node, spec, {})
        for key, written in draft.cells.items():
            members = {d: tree.Literal(member) for d, member in zip(draft.by, key, strict=True) if d != "option"}
            draft.cells[key] = _adapted(written, node, spec, members)


def _adapted(written: Written, node: tree.Node, spec: AdaptSpec, members: Mapping[str, tree.Node]) -> Written:
    """Return what is written with another formula; a dimension in it stands for the member of the cell's row.

    A cell that is absent anyway stays so.
    """
    if isinstance(written.node, tree.Literal) and written.node.value is None and members:
        return written
    declared = tree.Name(spec.keeps) if spec.keeps else written.node
    return replace(written, node=_renamed(node, {_DECLARED: declared, **members}))


def _kept(draft: Draft, spec: AdaptSpec) -> Draft:
    """Return a draft of what is declared, under another title and without its relations."""
    plain = dict.fromkeys(_RELATIONS, "")
    declared = draft.spec.model_copy(update={**plain, "title": spec.title or draft.spec.title})
    return Draft(declared, draft.origin, draft.type, draft.per, draft.by, draft.formula)


def _redirect(site: Site, draft: Draft, kept: Mapping[str, str]) -> None:
    """Let formulas and cells of the library read what is kept."""
    names: dict[str, tree.Node] = {name: tree.Name(new) for name, new in kept.items()}

    def ours(origin: Origin | None) -> bool:
        return origin is None or origin.document is not site.loaded.document

    def redirected(written: Written) -> Written:
        return replace(written, node=_renamed(written.node, names)) if ours(written.origin) else written

    if draft.formula is not None:
        draft.formula = redirected(draft.formula)
    draft.cells = {key: redirected(written) for key, written in draft.cells.items()}


def _renamed(node: tree.Node, names: Mapping[str, tree.Node]) -> tree.Node:
    """Return a formula as read in which other nodes stand for some names; keys of a name are kept."""
    match node:
        case tree.Name() if node.name in names:
            new = names[node.name]
            return replace(node, name=new.name) if isinstance(new, tree.Name) else new
        case tree.Name():
            return replace(node, keys=tuple(_key(key, names) for key in node.keys))
        case tree.Call():
            return replace(node, args=tuple(_renamed(arg, names) for arg in node.args))
        case tree.Reduce():
            of = _renamed(node.of, names)
            where = node.where and _renamed(node.where, names)
            assert isinstance(of, tree.Name | tree.Ref)
            assert where is None or isinstance(where, tree.Name | tree.Ref)
            return replace(node, of=of, where=where, at=node.at and _renamed(node.at, names))
        case tree.Text():
            parts = (p if isinstance(p, str) else replace(p, node=_renamed(p.node, names)) for p in node.parts)
            return replace(node, parts=tuple(parts))
    return node


def _key(key: tree.Name | tree.Literal, names: Mapping[str, tree.Node]) -> tree.Name | tree.Literal:
    """Return the key of a name in which a member stands for its dimension."""
    new = names.get(key.name) if isinstance(key, tree.Name) else None
    return new if isinstance(new, tree.Literal) else key
