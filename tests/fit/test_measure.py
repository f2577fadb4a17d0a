"""Measuring a device, with a small fake of PyTorch that keeps its own time."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli import app
from reportgen.errors import OutputError, SpecError
from reportgen.fit.configuration import measured_book
from reportgen.fit.measure import FACTORS, calibration_text, load_torch, measure
from reportgen.spec.load import load_library_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RATE, BANDWIDTH = 989.4e12, 3350e9
"""Of the H100-SXM-80GB in the catalogue."""
SHARES = {"linear": (0.7, 0.8), "attention": (0.4, 0.6), "pass": (1.0, 0.75), "copy": (1.0, 0.9), "fp8": (1.2, 0.8)}
"""What the fake reaches of rate and bandwidth; FP8 is counted against the 16-bit rate."""


class Tensor:
    """A shape, a type, and the device that it lies on."""

    def __init__(self, torch: FakeTorch, shape: tuple[int, ...], dtype: str) -> None:
        self.torch, self.shape, self.dtype = torch, shape, dtype

    @property
    def bytes(self) -> float:
        size = {"int8": 1, "float8_e4m3fn": 1, "float32": 4}.get(self.dtype, 2)
        for length in self.shape:
            size *= length
        return float(size)

    def to(self, dtype: str) -> Tensor:
        return Tensor(self.torch, self.shape, dtype)

    def t(self) -> Tensor:
        return Tensor(self.torch, self.shape[::-1], self.dtype)

    def zero_(self) -> Tensor:
        self.torch.run("copy", 0.0, self.bytes)
        return self

    def copy_(self, other: Tensor) -> Tensor:
        self.torch.run("copy", 0.0, self.bytes + other.bytes)
        return self


class Event:
    """A moment of the device's time."""

    def __init__(self, torch: FakeTorch) -> None:
        self.torch, self.at = torch, 0.0

    def record(self) -> None:
        self.at = self.torch.now

    def elapsed_time(self, end: Event) -> float:
        return (end.at - self.at) * 1e3


class FakeTorch:
    """As much of PyTorch as measuring uses; each operation takes the time of a scaled roofline."""

    bfloat16, float16, float32, int8, float8_e4m3fn = "bfloat16", "float16", "float32", "int8", "float8_e4m3fn"
    __version__ = "2.9.0+cu130"

    def __init__(self, name: str = "NVIDIA H100 80GB HBM3") -> None:
        self.now, self.runs, self.types = 0.0, 0, set[str]()
        self.version = SimpleNamespace(cuda="13.0", hip=None)
        self.cuda = SimpleNamespace(
            is_available=lambda: True, device_count=lambda: 1, get_device_name=lambda _: name,
            get_device_capability=lambda _: (9, 0), set_device=lambda _: None, synchronize=lambda: None,
            get_device_properties=lambda _: SimpleNamespace(L2_cache_size=50 * 2**20),
            Event=lambda enable_timing: Event(self),
        )  # fmt: skip
        self.nn = SimpleNamespace(functional=SimpleNamespace(
            linear=self._linear, silu=self._silu, scaled_dot_product_attention=self._attention,
        ))  # fmt: skip

    def run(self, kind: str, flops: float, moved: float) -> None:
        rate, bandwidth = SHARES[kind]
        self.now += max(flops / (RATE * rate), moved / (BANDWIDTH * bandwidth))
        self.runs += 1

    def empty(self, *shape: int, device: str, dtype: str) -> Tensor:
        assert device == "cuda:0"
        self.types.add(dtype)
        return Tensor(self, shape, dtype)

    randn = empty

    def ones(self, shape: tuple[int, ...], *, device: str, dtype: str) -> Tensor:
        return self.empty(*shape, device=device, dtype=dtype)

    def _multiplied(self, kind: str, x: Tensor, weights: Tensor, made: Tensor) -> Tensor:
        self.run(kind, 2.0 * x.shape[0] * x.shape[1] * made.shape[1], x.bytes + weights.bytes + made.bytes)
        return made

    def _linear(self, x: Tensor, weights: Tensor) -> Tensor:
        return self._multiplied("linear", x, weights, Tensor(self, (x.shape[0], weights.shape[0]), x.dtype))

    def _scaled_mm(
        self, x: Tensor, weights: Tensor, *, scale_a: Tensor, scale_b: Tensor, out_dtype: str, use_fast_accum: bool
    ) -> Tensor:
        assert x.shape[1] == weights.shape[0]
        assert (scale_a.dtype, scale_b.dtype, use_fast_accum) == ("float32", "float32", True)
        return self._multiplied("fp8", x, weights, Tensor(self, (x.shape[0], weights.shape[1]), out_dtype))

    def _attention(self, q: Tensor, k: Tensor, v: Tensor, *, is_causal: bool = False) -> Tensor:
        batch, heads, length, width = q.shape
        context = k.shape[2]
        scores = length * (length + 1) / 2 if is_causal else length * context
        slower = context / (context + half_length()) if is_causal else 1.0
        self.run("attention", 4.0 * batch * heads * width * scores / slower, 2 * q.bytes + k.bytes + v.bytes)
        return q

    def _silu(self, x: Tensor) -> Tensor:
        self.run("pass", 0.0, 2 * x.bytes)
        return x

    def add(self, a: Tensor, b: Tensor, *, out: Tensor) -> Tensor:
        self.run("pass", 0.0, a.bytes + b.bytes + out.bytes)
        return out


def half_length() -> float:
    return float(getattr(measured_book().quantities["half_length"].formula, "value"))  # noqa: B009 - a node's


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    def put(torch: Any) -> Any:
        monkeypatch.setitem(sys.modules, "torch", torch)
        return torch

    return put


def rows() -> list[dict[str, Any]]:
    return api.catalog("accelerators")


@pytest.mark.parametrize("quick", [False, True])
def test_the_factors_are_those_that_the_device_reaches(quick: bool) -> None:
    torch, said = FakeTorch(), list[str]()
    found = measure(torch, rows(), quick=quick, progress=said.append)
    values = {factor.name: factor.value for factor in found.factors}
    assert values == pytest.approx({
        "gemm_compute": 0.7, "gemm_memory": 0.8, "attention_compute": 0.4, "attention_memory": 0.6,
        "elementwise_memory": 0.75, "copy": 0.9, "gemm_fp8_compute": 0.6, "gemm_fp8_memory": 0.8,
    }, rel=1e-3)  # fmt: skip
    assert all(factor.low <= factor.value <= factor.high and factor.kernels for factor in found.factors)
    assert (found.accelerator, found.family) == ("H100-SXM-80GB", "hopper")
    assert found.software == "PyTorch 2.9.0, CUDA 13.0"
    assert {note.partition(": ")[2] for note in found.notes} <= {"too small to measure the rate or the bandwidth"}
    assert "gemm: 1 x 4096 x 6144" in said
    assert torch.types == {"bfloat16", "int8", "float32"}


def test_quick_is_quicker() -> None:
    whole, quick = FakeTorch(), FakeTorch()
    measure(whole, rows())
    measure(quick, rows(), quick=True)
    assert quick.runs < whole.runs / 6


def test_figures_from_a_cache_and_kernels_that_fail_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nmore")

    torch = FakeTorch()
    monkeypatch.setitem(SHARES, "pass", (1.0, 1.6))
    monkeypatch.setattr(torch, "_scaled_mm", fail)
    found = measure(torch, rows(), quick=True)
    assert [f.name for f in found.factors] == [*FACTORS[:-1], "copy"]
    assert any(note.endswith(": resident in a cache: 1.60 of the bandwidth") for note in found.notes)
    assert any(note.endswith(": CUDA out of memory. Tried to allocate 2 GiB") for note in found.notes)
    torch.nn.functional.linear = torch.nn.functional.scaled_dot_product_attention = fail
    with pytest.raises(OutputError, match="no kernel could be timed: gemm, 1 x 4096 x 6144: CUDA out of memory"):
        measure(torch, rows(), quick=True)


def test_older_devices_are_measured_in_fp16_and_without_fp8() -> None:
    torch = FakeTorch("Tesla T4")
    torch.cuda.get_device_capability = lambda _: (7, 5)
    found = measure(torch, rows(), quick=True)
    assert "float16" in torch.types
    assert not any(f.name.startswith("gemm_fp8") for f in found.factors)


@pytest.mark.parametrize(
    ("device", "accelerator"),
    [
        ("NVIDIA A100-SXM4-80GB", "A100-SXM-80GB"), ("Tesla V100-SXM2-16GB", "V100-SXM2-16GB"), ("NVIDIA L40S", "L40S"),
        ("AMD Instinct MI300X OAM", "MI300X"), ("NVIDIA GeForce RTX 4090", "RTX-4090"),
        ("NVIDIA H200", "H200-SXM-141GB"),
    ],
)  # fmt: skip
def test_a_device_is_known_by_the_name_that_it_gives_itself(device: str, accelerator: str) -> None:
    assert measure(FakeTorch(device), rows(), quick=True).accelerator == accelerator


def test_a_device_that_is_not_known_must_be_named() -> None:
    torch = FakeTorch("NVIDIA H100 80GB HBM3 MIG 1g.10gb")
    with pytest.raises(SpecError, match=r"does not know the device 'NVIDIA H100 .* MIG 1g.10gb'\n.*--accelerator"):
        measure(torch, rows())
    assert measure(torch, rows(), accelerator="h100", quick=True).accelerator == "H100-SXM-80GB"
    with pytest.raises(SpecError, match="unknown accelerator 'H1000'"):
        measure(torch, rows(), accelerator="H1000")
    with pytest.raises(SpecError, match="there is no device 3\n  devices: 0 "):
        measure(torch, rows(), device=3)
    with pytest.raises(SpecError, match="does not give the family, the 16-bit peak and the bandwidth of Ours"):
        measure(torch, [{"name": "Ours", "memory_bandwidth": 100.0}], accelerator="ours")


def test_what_was_not_measured_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(FakeTorch, "_scaled_mm")
    monkeypatch.setitem(SHARES, "attention", (0.4, 2.0))
    found = measure(FakeTorch(), rows(), quick=True)
    assert not any(f.name.startswith("gemm_fp8") for f in found.factors)
    text = calibration_text(found)
    assert "attention_memory" not in text
    assert "measured_family" not in text


def test_a_device_in_use_is_said() -> None:
    def fail(_: int) -> None:
        raise RuntimeError("CUDA error: all CUDA-capable devices are busy")

    torch = FakeTorch()
    torch.cuda.set_device = fail
    with pytest.raises(OutputError, match=r"the device 0 .* cannot be used: CUDA error: all CUDA"):
        measure(torch, rows())


# --- the verb --------------------------------------------------------------------------------------------------------


def test_the_calibration_is_a_file_of_the_library(tmp_path: Path, install: Callable[[Any], Any]) -> None:
    install(FakeTorch())
    path = tmp_path / "ours.yaml"
    result = CliRunner().invoke(app, ["measure", "-o", str(path), "--quick"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{path}\nH100-SXM-80GB (NVIDIA H100 80GB HBM3), PyTorch 2.9.0, CUDA 13.0\n")
    assert "  gemm_compute         0.700  (0.70 to 0.70 in " in result.stdout
    source = "reportgen measure on NVIDIA H100 80GB HBM3, PyTorch 2.9.0, CUDA 13.0"
    text = f"""\
schema: 1
title: Measured on H100-SXM-80GB with PyTorch 2.9.0
accounting: [reportgen]
dimensions:
  accelerator:
    rows:
      H100-SXM-80GB: {{rate_factor: 1.0, bandwidth_factor: 1.0, source: '{source}'}}
  accelerator_family:
    rows:
      hopper: {{gemm_compute: 0.7, gemm_memory: 0.8, attention_compute: 0.4, attention_memory: 0.6, \
elementwise_memory: 0.75, measured_family: true, source: '{source}'}}
"""
    assert path.read_text("utf-8") == text
    assert load_library_file(path, "ours.yaml").spec.title.startswith("Measured on")
    book = measured_book((str(path),))
    cells = book.quantities["gemm_compute"].cells
    assert getattr(cells["hopper",], "value", None) == 0.7


def test_without_pytorch_the_verb_says_what_to_install(install: Callable[[Any], Any], tmp_path: Path) -> None:
    install(None)  # importing it fails
    result = CliRunner().invoke(app, ["measure", "-o", str(tmp_path / "x.yaml")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "measuring needs PyTorch, which is not installed: install it" in result.stderr
    assert "pip install torch" in result.stderr
    assert not list(tmp_path.iterdir())


def test_without_a_device_the_verb_says_so(install: Callable[[Any], Any]) -> None:
    install(FakeTorch()).cuda.is_available = lambda: False
    with pytest.raises(OutputError, match=r"PyTorch 2\.9\.0\+cu130 finds no CUDA or ROCm device: run"):
        load_torch()


def test_pytorch_that_cannot_be_loaded_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise OSError("libcudart.so.13: cannot open shared object file")

    monkeypatch.setattr("reportgen.fit.measure.importlib.import_module", fail)
    with pytest.raises(OutputError, match="PyTorch cannot be loaded: libcudart"):
        load_torch()
