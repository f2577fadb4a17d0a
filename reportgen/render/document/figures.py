"""The report's figures as data: roofline, options, where the time goes, memory against capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.document.numbers import THIN, plain, significant
from reportgen.render.document.tables import has, text_of
from reportgen.render.document.view import Figure

if TYPE_CHECKING:
    from reportgen.engine.results import Results

__all__ = ["memory_figure", "options_figure", "roofline_figure", "time_figure"]

_ROOFS, _BARS = 3, 14
_TERA = 1e12
_STAGES = ("prefill", "decode")


def number(results: Results, name: str, *members: str) -> float:
    """A number that is there."""
    value = results.get(name, *members)
    assert isinstance(value, float)
    return value


def roofline_figure(results: Results) -> Figure | None:
    """The baseline's roof, up to two others, and the baseline's stages."""
    if not has(results, "peak_compute", "bandwidth", "total_arithmetic_intensity", "total_inference_time"):
        return None
    book, first = results.book, results.book.dimensions["operator"].names[0]
    options: dict[object, str] = {}
    for (option,), accelerator in results.plain("accelerator").items():
        options.setdefault(accelerator, option)
    roofs = []
    for accelerator, option in list(options.items())[:_ROOFS]:
        peak, bandwidth = number(results, "peak_compute", option, first), number(results, "bandwidth", option)
        roof = {
            "name": str(accelerator),
            "note": f"{significant(peak / _TERA)} TFLOP/s · {significant(bandwidth / _TERA)} TB/s",
            "peak": peak / _TERA,
            "bandwidth": bandwidth / _TERA,
        }
        roofs.append(roof if roofs else {**roof, "ridge": f"ridge: {significant(peak / bandwidth)} FLOP/B"})
    points = []
    for stage in _STAGES:
        x = number(results, "total_arithmetic_intensity", book.baseline, stage)
        y = number(results, "total_ops", book.baseline, stage) / number(
            results, "total_inference_time", book.baseline, stage
        )
        points.append({"label": stage, "x": x, "y": y / _TERA, "group": stage, "strong": True})
    reached = ", ".join(f"{p['label']} {significant(float(p['y']))} TFLOP/s" for p in points)  # type: ignore[arg-type]
    title = text_of(results, "roofline_finding") or "Both stages under the roof"
    return Figure(
        chart="roofline",
        title=title,
        subtitle="Attainable TFLOP/s over arithmetic intensity, both axes logarithmic; points are the baseline",
        alt=f"Roofline of {', '.join(str(r['name']) for r in roofs)}. Reached: {reached}.",
        source="Source: catalogue figures of the accelerators (see Sources); operations and bytes counted by the method below.",
        data={"roofs": tuple(roofs), "points": tuple(points)},
        texts={"x_title": "Arithmetic intensity, FLOP per byte →"},
    )


def options_figure(results: Results, listed: list[str]) -> Figure:
    """Options on the objective; the baseline and the best are marked, those that miss a target hollow."""
    book = results.book
    quantity = book.quantities["objective_value"]
    best = results.get("best_option") if has(results, "best_option") else None
    bars = []
    for option in listed[:_BARS]:
        value = results.get("objective_value", option)
        role = "best" if option == best else "base" if option == book.baseline else "plain"
        if has(results, "feasible") and not results.get("feasible", option):
            role = "missed"
        shown = significant(value) if isinstance(value, float) else "does not fit"
        bars.append({"name": str(results.get("option_title", option)), "value": value, "text": shown, "role": role})
    unit = quantity.type.unit.label
    name = quantity.title.removeprefix("Objective: ")
    texts = {"x_title": f"{name}{', ' + unit if unit else ''} →", "base": "baseline", "plain": "other options"}
    roles = {str(b["role"]) for b in bars}
    texts |= {"best": "recommended"} if "best" in roles else {}
    texts |= {"missed": "does not fit, or misses a target"} if "missed" in roles else {}
    listing = "; ".join(f"{b['name']} {b['text']}" for b in bars)
    direction = "higher is better" if quantity.better == "higher" else "lower is better"
    return Figure(
        chart="options",
        title=text_of(results, "report_title") or name,
        subtitle=f"{name}{', ' + unit if unit else ''}; {direction}",
        alt=f"Options by {name.lower()}: {listing}.",
        data={"bars": tuple(bars), "marks": ()},
        texts={k: v for k, v in texts.items() if k == "x_title" or k in roles},
    )


def time_figure(results: Results) -> Figure | None:
    """Share of each operator class in prefill and decode of the baseline."""
    if not has(results, "network_inference_time", "operator_class"):
        return None
    book = results.book
    classes = book.dimensions["operator_class"].members
    bars, parts = [], []
    for stage in _STAGES:
        rows = [
            r
            for r in results.rows(("option", "stage", "operator"))
            if (r["option"], r["stage"]) == (book.baseline, stage)
        ]
        total = sum(float(r["network_inference_time"] or 0.0) for r in rows) or 1.0
        name = str(results.get("stage_title", stage))
        note = plain(
            number(results, "total_inference_time", book.baseline, stage),
            book.quantities["total_inference_time"].type.unit,
        )
        bars.append({"name": name, "note": note.joined()})
        for member in classes:
            mine = [r for r in rows if results.get("operator_class", str(r["operator"])) == member.name]
            share = 100 * sum(float(r["network_inference_time"] or 0.0) for r in mine) / total
            parts.append(
                {"bar": name, "group": member.title or member.name, "value": share, "text": f"{share:.0f}{THIN}%"}
            )
    spoken = "; ".join(f"{p['bar']} {p['group'].lower()} {p['text']}" for p in parts)  # type: ignore[attr-defined]
    return Figure(
        chart="time",
        title=text_of(results, "time_finding") or "Where the time goes",
        subtitle="Share of the time of a pass, per cent; the time of the pass stands at the right",
        alt=f"Stacked bars: {spoken}.",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_suffix": f"{THIN}%"},
    )


def memory_figure(results: Results, listed: list[str]) -> Figure | None:
    """Weights, KV cache and activations of each option against the memory that may be used."""
    if not has(results, "memory_needed", "memory_limit", "weights_gb", "kv_cache_gb"):
        return None
    bars, parts = [], []
    for option in listed[:_BARS]:
        needed, limit = number(results, "memory_needed", option), results.get("memory_limit", option)
        weights, cache = number(results, "weights_gb", option), number(results, "kv_cache_gb", option)
        name = str(results.get("option_title", option))
        note = (
            f"{significant(needed)} of {significant(limit)} GB"
            if isinstance(limit, float)
            else f"{significant(needed)} GB"
        )
        bars.append({"name": name, "note": note, "mark": limit, "strong": option == results.book.baseline})
        amounts = (("Weights", weights), ("KV cache", cache), ("Activations", max(0.0, needed - weights - cache)))
        parts += [{"bar": name, "group": g, "value": v, "text": significant(v)} for g, v in amounts]
    spoken = "; ".join(f"{b['name']} {b['note']}" for b in bars)
    return Figure(
        chart="memory",
        title=text_of(results, "memory_finding") or "Memory against capacity",
        subtitle="GB at the end of a generation; the mark is the memory that may be used",
        alt=f"Memory by option: {spoken}.",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_title": "GB →"},
    )
