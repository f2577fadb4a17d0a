"""Read results of llama.cpp's `llama-bench`: each row times a prompt, a generation, or both in sequence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.fit.measurements import METRICS, Measurement, Unread
from reportgen.fit.records import catalogue_row, chosen, known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from reportgen.fit.records import Defaults, Record

__all__ = ["from_llama_bench", "is_llama_bench", "markdown_rows"]

_FILE_TYPE = re.compile(r"\b(MXFP4|IQ\w+|T?Q\d\w*(?: - \w+)?|BF16|F16|F32)\b")
_IN_NAME = re.compile(r"[-_.](?:UD-)?(?:I?Q\d|BF16|F16|FP16|F32|MXFP4|\d{5}-of-).*$", re.IGNORECASE)
_CACHE = {"f32": "fp32", "f16": "fp16"}
_PRECISIONS = ("fp32", "fp16", "bf16", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0", "mxfp4")
_MICRO_BATCH = 512.0
"""The default of llama-bench, which its tables omit."""
_TEST = re.compile(r"(?:pp ?(\d{1,9}))?\+?(?:tg ?(\d{1,9}))?(?: @ d(\d{1,9}))?")


def is_llama_bench(cells: Mapping[str, Any]) -> bool:
    """Return whether the cells are a result of `llama-bench`."""
    return "n_prompt" in cells and "n_gen" in cells


def from_llama_bench(record: Record, row: int, defaults: Defaults) -> Measurement | Unread:
    """Return the measurement of one result."""
    prompt, generated = record.number("n_prompt") or 0.0, record.number("n_gen") or 0.0
    depth = record.number("n_depth") or 0.0
    metric, value = _metric(record, prompt, generated)
    model = chosen("model", _models(record.text("model_filename")), defaults.model)
    gpus = [name.strip() for name in record.text("gpu_info").split(",") if name.strip()]
    weights, cache = _weights(record.text("model_type"), defaults.weights), _cache(record, defaults)
    record.faults += list(_misfits(record, model, gpus, prompt, depth))
    if record.faults:
        return Unread(row, "; ".join(record.faults))
    micro = min(record.number("n_ubatch") or _MICRO_BATCH, record.number("n_batch") or _MICRO_BATCH)
    steps = generated + 1 if metric == "e2e_ms" else generated  # the prompt pass produces a token too
    return Measurement(
        row, model, chosen("accelerator", gpus[:1], defaults.accelerator), metric, value, METRICS[metric],
        "single_stream", "llama.cpp", _devices(record, gpus) or defaults.devices, None, None, weights,
        defaults.activations or "fp16", cache, 1.0, depth if metric == "tpot_ms" else prompt, steps,
        f"llama-bench {record.text('build_commit')}".rstrip(), settings={"ubatch": micro},
    )  # fmt: skip


def _metric(record: Record, prompt: float, generated: float) -> tuple[str, float]:
    """Return the metric of a row and its value, from the time of all its tokens."""
    time, rate = record.number("avg_ns"), record.number("avg_ts")
    milliseconds = time / 1e6 if time else ((prompt + generated) / rate * 1e3 if rate else 0.0)
    if prompt + generated < 1 or milliseconds <= 0:
        record.faults.append("no tokens, or no time, above zero")
    if prompt and generated:
        return "e2e_ms", milliseconds
    return ("ttft_ms", milliseconds) if prompt else ("tpot_ms", milliseconds / max(1.0, generated))


def _models(file: str) -> list[str]:
    """Return possible names of a model, derived from its file's name.

    >>> _models("models/Qwen2.5-7B-Instruct-Q4_K_M.gguf")
    ['Qwen2.5-7B-Instruct', 'Qwen2.5-7B']
    """
    stem = _IN_NAME.sub("", re.split(r"[/\\]", file)[-1].removesuffix(".gguf"))
    plain = re.sub(r"[-_](?:instruct|chat|it)\b.*$", "", stem, flags=re.IGNORECASE)
    return [stem, plain] if plain != stem else [stem]


def _weights(described: str, default: str) -> str:
    """Return the precision in a description such as "llama 8B Q4_K - Medium", or `default` if we do not support it.

    >>> [_weights(f"llama 8B {kind}", "") for kind in ("Q4_K - Medium", "Q4_K - Small", "BF16", "Q8_0")]
    ['q4_k_m', 'q4_k_s', 'bf16', 'q8_0']
    """
    types = _FILE_TYPE.findall(described)
    name, _, size = types[-1].lower().partition(" - ") if types else ("", "", "")
    name = _CACHE.get(name, name) + (f"_{size[0]}" if size else "")
    return name if name in _PRECISIONS else default or name


def _cache(record: Record, defaults: Defaults) -> str:
    """Return the precision of the KV cache; 16 bit if the row omits it."""
    keys, values = (record.text(key).lower() or "f16" for key in ("type_k", "type_v"))
    if keys != values:
        record.faults.append(f"keys are cached as {keys} and values as {values}, which a measurement cannot express")
    name = _CACHE.get(keys, keys)
    return name if name in _PRECISIONS else defaults.kv_cache or name


def _devices(record: Record, gpus: list[str]) -> int | None:
    """Return the number of accelerators used, if the row states it."""
    if record.text("split_mode") == "none":
        return 1
    used = record.text("devices")
    return len(used.split("/")) if used not in ("", "auto", "none") else len(gpus) or None


def _misfits(record: Record, model: str, gpus: list[str], prompt: float, depth: float) -> Iterator[str]:
    """Yield what a row contains that a measurement cannot express."""
    layers = catalogue_row("model", known("model", model)).get("layers")
    on_device = record.number("n_gpu_layers", negative=True)
    if on_device == 0 or record.text("backends") in ("CPU", "BLAS") or record.text("devices") == "none":
        yield "the model ran on the host, not on an accelerator"
    elif on_device is not None and layers is not None and 0 < on_device < layers:
        yield f"only {on_device:.0f} of {layers:.0f} layers ran on the accelerator"
    if record.number("n_cpu_moe") or record.flag("no_kv_offload"):
        yield "experts or the KV cache were kept on the host"
    if prompt and depth:
        yield f"the prompt follows {depth:.0f} tokens already cached, which a measurement cannot express"
    if len({known("accelerator", gpu) or gpu for gpu in gpus}) > 1 and record.text("split_mode") != "none":
        yield "several kinds of accelerators were used together"


# --- Markdown tables -------------------------------------------------------------------------------------------------

_KEYS = {"model": "model_type", "backend": "backends", "ngl": "n_gpu_layers", "sm": "split_mode", "dev": "devices",
         "nkvo": "no_kv_offload"}  # fmt: skip


def markdown_rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of all result tables in a text, under the keys of the other formats."""
    heads: list[str] = []
    result: list[dict[str, Any]] = []
    for line in text.splitlines():
        if not line.lstrip().startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "test" in cells and "t/s" in cells:
            heads = cells
        elif heads and not set(line) <= set("|-: "):
            row = dict(zip(heads, cells, strict=False))
            test = _TEST.fullmatch(row.pop("test", ""))
            prompt, generated, depth = test.groups("0") if test else ("0", "0", "0")
            rate = row.pop("t/s", "").partition("±")[0].strip()
            result.append({_KEYS.get(key, key): value for key, value in row.items()}
                        | {"n_prompt": prompt, "n_gen": generated, "n_depth": depth, "avg_ts": rate})  # fmt: skip
    return result
