"""The kernels that are timed: their operations, their traffic, and how PyTorch runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Kernel", "fp8_type", "kernels"]

_MATRICES = ((6144, 4096), (4096, 4096), (28672, 4096), (4096, 14336), (8192, 8192), (8192, 28672))
"""Output and input sizes of linear layers of Llama-3.1-8B and of larger models."""
_TOKENS = (1, 2, 4, 8, 16, 2048, 4096, 8192)
_PROMPTS = (16384, 8192, 4096, 2048, 1024, 512)
_CONTEXTS, _BATCHES = (16384, 4096, 1024), (32, 8, 1)
_ELEMENTS = (2**27, 2**26, 2**24)
_HEADS, _KV_HEADS, _HEAD = 32, 8, 128


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel: the factor that it measures, its operations and bytes, and a function that creates its operands.

    `make` puts the operands on the device and returns the function to time. `length` is attention's context, else 0.
    """

    factor: str
    title: str
    flops: float
    bytes: float
    make: Callable[[], Callable[[], object]]
    length: int = 0


def kernels(torch: Any, device: str, dtype: Any, fp8: Any = None, *, quick: bool = False) -> Iterator[Kernel]:
    """Yield all 16-bit kernels, then the matrix products in FP8 if the device supports it."""
    step = 3 if quick else 1
    shapes = [(tokens, *matrix) for matrix in _MATRICES[::step] for tokens in _TOKENS[::step]]
    for shape in shapes:
        yield _product(torch, device, dtype, shape)
    for prompt in _PROMPTS[::step]:
        yield _prefill(torch, device, dtype, prompt)
    for batch in _BATCHES[::step]:
        for context in _CONTEXTS[::step]:
            yield _decode(torch, device, dtype, batch, context)
    for elements in _ELEMENTS[::step]:
        yield from _elementwise(torch, device, dtype, elements)
    if fp8 is not None:
        for shape in shapes:
            yield _product_fp8(torch, device, dtype, fp8, shape)


def fp8_type(torch: Any, properties: Any) -> Any:
    """Return the FP8 type that a device multiplies, or None if this build of PyTorch has none."""
    if not hasattr(torch, "_scaled_mm"):
        return None
    cdna3 = str(getattr(properties, "gcnArchName", "")).startswith("gfx94")
    return getattr(torch, "float8_e4m3fnuz" if cdna3 else "float8_e4m3fn", None)


def _product(torch: Any, device: str, dtype: Any, shape: tuple[int, int, int]) -> Kernel:
    tokens, outputs, inputs = shape

    def make() -> Callable[[], object]:
        x = torch.randn(tokens, inputs, device=device, dtype=dtype)
        weights = torch.randn(outputs, inputs, device=device, dtype=dtype)
        return lambda: torch.nn.functional.linear(x, weights)

    traffic = 2.0 * (outputs * inputs + tokens * inputs + tokens * outputs)
    return Kernel("gemm", f"{tokens} x {inputs} x {outputs}", 2.0 * tokens * outputs * inputs, traffic, make)


def _product_fp8(torch: Any, device: str, dtype: Any, fp8: Any, shape: tuple[int, int, int]) -> Kernel:
    tokens, outputs, inputs = shape

    def make() -> Callable[[], object]:
        x = torch.randn(tokens, inputs, device=device, dtype=dtype).to(fp8)
        weights = torch.randn(outputs, inputs, device=device, dtype=dtype).to(fp8).t()  # column-major
        one = torch.ones((), device=device, dtype=torch.float32)
        return lambda: torch._scaled_mm(x, weights, scale_a=one, scale_b=one, out_dtype=dtype, use_fast_accum=True)

    traffic = float(outputs * inputs + tokens * inputs + 2 * tokens * outputs)
    return Kernel("gemm_fp8", f"{tokens} x {inputs} x {outputs}", 2.0 * tokens * outputs * inputs, traffic, make)


def _prefill(torch: Any, device: str, dtype: Any, prompt: int) -> Kernel:
    """Return causal attention over a prompt; only the scores below the diagonal count."""
    shape = (1, _HEADS, prompt, _HEAD)

    def make() -> Callable[[], object]:
        q, k, v = (torch.randn(*shape, device=device, dtype=dtype) for _ in range(3))
        return lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    flops = 4.0 * _HEADS * _HEAD * prompt * (prompt + 1) / 2
    return Kernel("attention_compute", f"prompt {prompt}", flops, 8.0 * _HEADS * prompt * _HEAD, make, prompt)


def _decode(torch: Any, device: str, dtype: Any, batch: int, context: int) -> Kernel:
    """Return attention of one new token; queries that share a KV head are grouped, so that each is read once."""
    group = _HEADS // _KV_HEADS

    def make() -> Callable[[], object]:
        q = torch.randn(batch, _KV_HEADS, group, _HEAD, device=device, dtype=dtype)
        k, v = (torch.randn(batch, _KV_HEADS, context, _HEAD, device=device, dtype=dtype) for _ in range(2))
        return lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v)

    flops = 4.0 * batch * _HEADS * _HEAD * context
    traffic = 4.0 * batch * _KV_HEADS * context * _HEAD + 4.0 * batch * _HEADS * _HEAD
    return Kernel("attention_memory", f"batch {batch}, context {context}", flops, traffic, make, context)


def _elementwise(torch: Any, device: str, dtype: Any, elements: int) -> Iterator[Kernel]:
    """Yield a residual sum, an activation, and a copy, which shows the attainable bandwidth."""

    def summed() -> Callable[[], object]:
        a, b, out = (torch.randn(elements, device=device, dtype=dtype) for _ in range(3))
        return lambda: torch.add(a, b, out=out)

    def activated() -> Callable[[], object]:
        a = torch.randn(elements, device=device, dtype=dtype)
        return lambda: torch.nn.functional.silu(a)

    def copied() -> Callable[[], object]:
        a, out = (torch.randn(elements, device=device, dtype=dtype) for _ in range(2))
        return lambda: out.copy_(a)

    yield Kernel("elementwise_memory", f"sum of {elements}", float(elements), 6.0 * elements, summed)
    yield Kernel("elementwise_memory", f"silu of {elements}", 4.0 * elements, 4.0 * elements, activated)
    yield Kernel("copy", f"copy of {elements}", 0.0, 4.0 * elements, copied)
