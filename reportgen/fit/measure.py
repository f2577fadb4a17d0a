"""Measure efficiency factors on a device: time kernels with PyTorch and relate them to the catalogue's peaks."""

from __future__ import annotations

import importlib
import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.errors import OutputError, Problem, SpecError, nearest
from reportgen.fit.configuration import measured_book
from reportgen.fit.kernels import fp8_type, kernels
from reportgen.spec.write import yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reportgen.fit.kernels import Kernel

__all__ = ["Factor", "Measured", "calibration_text", "load_torch", "measure"]

FACTORS = ("gemm_compute", "gemm_memory", "attention_compute", "attention_memory", "elementwise_memory")
"""The factors that a calibration contains; other figures are only shown."""
_WARM_UP, _RUNS, _QUICK_RUNS, _FEWEST, _SECONDS = 3, 20, 7, 5, 1.0
_LEAST = 10e-6
"""Kernels with a smaller ideal time (s) measure launches instead, which other factors describe."""
_FLUSH = 512 * 2**20  # larger than any last-level cache, whose size not every device reports
_DIGITS = 4
_VENDOR = re.compile(r"\b(?:NVIDIA|Tesla|AMD|OAM)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Factor:
    """A share of the peak rate or of the bandwidth: the median over kernels, its range, and the number of kernels."""

    name: str
    value: float
    low: float
    high: float
    kernels: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The measured factors of an accelerator; `notes` says which kernels could not be used, and why."""

    accelerator: str
    family: str
    device: str
    software: str
    factors: Sequence[Factor]
    notes: Sequence[str]


# --- the device ------------------------------------------------------------------------------------------------------


def load_torch() -> Any:
    """Import PyTorch and check that it finds a device.

    Raises:
        OutputError: PyTorch is not installed, or finds no device.
    """
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        message = "measuring needs PyTorch, which is not installed: install it on the machine to be measured, "
        raise OutputError(message + "with pip install torch (see https://pytorch.org)") from None
    except OSError as error:
        raise OutputError(f"PyTorch cannot be loaded: {error}; reinstall it (see https://pytorch.org)") from None
    if not torch.cuda.is_available():
        raise OutputError(
            f"PyTorch {torch.__version__} finds no CUDA or ROCm device: run this on the machine to be measured, with "
            "its driver and a build of PyTorch for the device installed"
        )
    return torch


def _row(rows: Sequence[Mapping[str, Any]], device: str, wanted: str) -> Mapping[str, Any]:
    """Return the row of the named accelerator, or else of the name that the device reports."""
    known: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        for alias in (str(row["name"]), *str(row.get("aliases", "")).split(";")):
            known.setdefault(alias.strip().casefold(), row)
    plain = " ".join(_VENDOR.sub("", device).split())
    for name in (wanted,) if wanted else (device, plain):
        if name.strip() and (match := known.get(name.strip().casefold())) is not None:
            return match
    names = [str(row["name"]) for row in rows]
    if wanted:
        raise SpecError([Problem(f"unknown accelerator '{wanted}'", None, nearest(wanted, names))])
    hint = nearest(plain, [*names, *known], most=2)
    message = f"the catalogue does not know the device '{device}'"
    raise SpecError([Problem(message, None, f"say which it is with --accelerator NAME; {hint}".rstrip("; "))])


def _device_name(torch: Any, device: int) -> str:
    count = torch.cuda.device_count()
    if not 0 <= device < count:
        there = ", ".join(f"{i} ({torch.cuda.get_device_name(i)})" for i in range(count))
        raise SpecError([Problem(f"there is no device {device}", None, f"devices: {there}")])
    return str(torch.cuda.get_device_name(device))


# --- timing ----------------------------------------------------------------------------------------------------------


def measure(
    torch: Any,
    rows: Sequence[Mapping[str, Any]],
    *,
    device: int = 0,
    accelerator: str = "",
    quick: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Time the kernels on a device and compare them with the peaks in the catalogue's rows.

    Raises:
        SpecError: the device does not exist, or the catalogue does not list it.
        OutputError: no kernel could be timed.
    """
    name = _device_name(torch, device)
    peaks = _peaks(_row(rows, name, accelerator))
    properties, where = torch.cuda.get_device_properties(device), f"cuda:{device}"
    try:
        torch.cuda.set_device(device)
        clock = _Clock(torch, where, int(getattr(properties, "L2_cache_size", 0)), _QUICK_RUNS if quick else _RUNS)
    except RuntimeError as error:
        raise OutputError(f"the device {device} ({name}) cannot be used: {_first_line(error)}") from None
    fp8 = fp8_type(torch, properties) if peaks.fp8_rate else None
    dtype = torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16
    shares: dict[str, list[float]] = {}
    notes: list[str] = []
    for kernel in kernels(torch, where, dtype, fp8, quick=quick):
        progress(f"{kernel.factor}: {kernel.title}")
        share = _share(kernel, clock, peaks)
        if isinstance(share, str):
            notes.append(f"{kernel.factor}, {kernel.title}: {share}")
        else:
            shares.setdefault(share[0], []).append(share[1])
    if not set(shares) & set(FACTORS):
        raise OutputError("no kernel could be timed: " + (notes[0] if notes else "there was none"))
    order = [n for n in (*FACTORS, *sorted(set(shares) - set(FACTORS))) if n in shares]
    factors = [Factor(n, statistics.median(shares[n]), min(shares[n]), max(shares[n]), len(shares[n])) for n in order]
    return Measured(peaks.accelerator, peaks.family, name, _software(torch), factors, notes)


@dataclass(frozen=True, slots=True)
class _Peaks:
    """The catalogue's figures of an accelerator; rates in FLOP/s, 0 if unknown."""

    accelerator: str
    family: str
    bandwidth: float
    rate: float
    fp8_rate: float


def _peaks(row: Mapping[str, Any]) -> _Peaks:
    rate, bandwidth = (float(row.get(key) or 0) for key in ("peak_16bit", "memory_bandwidth"))
    name, family = str(row["name"]), str(row.get("accelerator_family", ""))
    if not (rate and bandwidth and family):
        message = f"the catalogue does not give the family, the 16-bit peak and the bandwidth of {name}"
        raise SpecError([Problem(message, None, "give them in a library of your own, and name that with --library")])
    return _Peaks(name, family, bandwidth * 1e9, rate * 1e12, float((row.get("peak") or {}).get("fp8") or 0) * 1e12)


def _share(kernel: Kernel, clock: _Clock, peaks: _Peaks) -> tuple[str, float] | str:
    """Return the factor that a kernel measures and the share that it reaches, or why it cannot be used."""
    computing = kernel.flops / (peaks.fp8_rate if kernel.factor == "gemm_fp8" else peaks.rate)
    moving = kernel.bytes / peaks.bandwidth
    factor = kernel.factor
    if factor.startswith("gemm"):
        factor += "_compute" if computing > moving else "_memory"
    bound = computing if factor.endswith("_compute") else moving
    if bound < max(computing, moving, _LEAST):
        return "too small to measure the rate or the bandwidth"
    try:
        seconds = clock.seconds(kernel)
    except (
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:  # too large, or not supported here
        return _first_line(error)
    if seconds <= 0:
        return "no time was measured"
    share = bound / seconds
    if bound == moving and share > 1:
        return f"resident in a cache: {share:.2f} of the bandwidth"
    if factor == "attention_compute":
        share *= (kernel.length + _half_length()) / kernel.length  # the library scales the factor by the length
    return factor, share


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def _half_length() -> float:
    return float(getattr(measured_book().quantities["half_length"].formula, "value", 0.0))


class _Clock:
    """Times kernels on a device: the median of several runs, each with the caches overwritten before."""

    def __init__(self, torch: Any, device: str, cache: int, runs: int) -> None:
        self.torch, self.runs = torch, runs
        self.other = torch.empty(max(_FLUSH, 4 * cache), device=device, dtype=torch.int8)

    def seconds(self, kernel: Kernel) -> float:
        """Return the median time of a kernel."""
        run = kernel.make()
        for _ in range(_WARM_UP):
            run()
        (once,) = self._times(run, 1)
        runs = max(_FEWEST, min(self.runs, int(_SECONDS / max(once, 1e-9))))
        return statistics.median(self._times(run, runs))

    def _times(self, run: Callable[[], object], runs: int) -> list[float]:
        events = [[self.torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(runs)]
        for start, end in events:
            self.other.zero_()  # also keeps the device busy until the kernel is queued
            start.record()
            run()
            end.record()
        self.torch.cuda.synchronize()
        return [start.elapsed_time(end) / 1e3 for start, end in events]


def _software(torch: Any) -> str:
    hip, cuda = (getattr(torch.version, name, None) for name in ("hip", "cuda"))
    platform = f", ROCm {hip}" if hip else f", CUDA {cuda}" if cuda else ""
    return f"PyTorch {str(torch.__version__).partition('+')[0]}{platform}"


# --- writing ---------------------------------------------------------------------------------------------------------


def calibration_text(measured: Measured) -> str:
    """Return a calibration file: the family's factors, with the accelerator's own corrections set to one."""
    source = f"reportgen measure on {measured.device}, {measured.software}"
    cells: dict[str, Any] = {
        f.name: float(f"{f.value:.{_DIGITS}g}") for f in measured.factors if f.name in FACTORS and f.value > 0
    }
    if len(cells) == len(FACTORS):
        cells["measured_family"] = True
    own = {"rate_factor": 1.0, "bandwidth_factor": 1.0, "source": source}
    dimensions = {
        "accelerator": {"rows": {measured.accelerator: own}},
        "accelerator_family": {"rows": {measured.family: {**cells, "source": source}}},
    }
    title = f"Measured on {measured.accelerator} with {measured.software.partition(',')[0]}"
    return yaml_text({"schema": 1, "title": title, "accounting": ["reportgen"], "dimensions": dimensions})
