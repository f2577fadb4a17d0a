"""Several nodes: link domains, what crosses the network, redundant experts and overlap, by hand and as measured.

Sources: LMSYS, "Deploying DeepSeek with PD Disaggregation and Large-scale Expert Parallelism on 96 H100 GPUs"
(2025-05-05); DeepEP, docs/legacy.md at 0297fc80; NCCL issue 1221 (2024-03-13).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.domain.test_domain import case, number, of

if TYPE_CHECKING:
    from reportgen.engine.results import Results

FP8 = {"model": "DeepSeek-V3", "weight_precision": "fp8", "activation_precision": "fp8"}
LINK, NETWORK = 450e9, 50e9  # NVLink 4 and a card of 400 Gb/s, per direction and device


def wide(devices: int, each: int, **more: Any) -> Results:
    """DeepSeek-V3 in FP8 with attention data-parallel on all devices, and so many sequences on each."""
    return case(**{**FP8, "expert_parallel": devices, "batch": each * devices, **more})


def inside_latency(results: Results) -> float:
    """Of a message on the accelerators' own link, in microseconds, as any engine sends it."""
    return number(results, "link_latency") * number(results, "message_latency", "any")


# --- domains ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accelerator", "devices", "domains", "local"),
    [
        ("H100-SXM-80GB", 8, 1, 8),
        ("H100-SXM-80GB", 16, 2, 8),
        ("H100-NVL-94GB", 2, 1, 2),  # a bridge joins two, a server holds eight
        ("H100-NVL-94GB", 4, 1, 4),
        ("L40S", 16, 2, 8),
        ("GB200-NVL72", 64, 1, 64),
        ("GB300-NVL72", 128, 2, 64),
    ],
)
def test_domains_that_a_group_spans(accelerator: str, devices: int, domains: int, local: int) -> None:
    results = case(model="Llama-3.1-70B", accelerator=accelerator, tensor_parallel=devices)
    assert number(results, "group_domains", "baseline") == domains
    assert number(results, "local_devices", "baseline") == local
    assert number(results, "tensor_domains", "baseline") == domains


def test_attention_within_a_node_reduces_within_it() -> None:
    # Experts over four nodes, attention on the eight devices of each: the all-reduce never leaves the node.
    results = wide(32, 16, tensor_parallel=8)
    message = of(results, "message_bytes", "all_reduce")
    assert number(results, "group_domains", "baseline") == 4
    assert of(results, "link_time", "all_reduce") == pytest.approx(message / LINK)


# --- all-reduce -------------------------------------------------------------------------------------------------


def all_reduce(devices: int) -> Results:
    """A large all-reduce: 1.6 GB, of 100,000 tokens."""
    return case(model="Llama-3.1-70B", tensor_parallel=devices, prompt=100_000, batch=1)


def bus_bandwidth(results: Results, devices: int) -> float:
    """In GB/s, as nccl-tests defines it: 2 (n - 1) / n times the message over the time."""
    message, time = (of(results, name, "all_reduce", "prefill") for name in ("message_bytes", "message_time"))
    return 2 * (devices - 1) / devices * message / time / 1e9


def test_an_all_reduce_uses_link_and_network_at_once() -> None:
    results = all_reduce(16)
    message = 100_000 * 8192 * 2
    reached, network = number(results, "link_efficiency"), number(results, "network_efficiency")
    inside = 2 * 7 / 8 * message / (LINK * reached)
    across = 2 * 1 / 2 * message / 8 / (NETWORK * network)
    latency = (2 * inside_latency(results) + number(results, "network_latency")) * 1e-6
    assert of(results, "message_time", "all_reduce", "prefill") == pytest.approx(latency + max(inside, across))
    # At least, a switch reduces within each node, and each card carries an eighth.
    least = max(message / LINK, message / 8 / NETWORK)
    assert of(results, "link_time", "all_reduce", "prefill") == pytest.approx(least)


def test_an_all_reduce_on_two_nodes_is_as_fast_as_measured() -> None:
    # 400 to 450 GB/s on two nodes of eight H100 with 400 Gb/s a card (NCCL issue 1221: 430 with NVLS, 330 without).
    assert 400 * 0.85 < bus_bandwidth(all_reduce(16), 16) < 450 * 1.15
    # One node reaches what the fitted share of the link gives.
    one = all_reduce(8)
    assert bus_bandwidth(one, 8) == pytest.approx(number(one, "link_efficiency") * 450, rel=0.01)


def test_a_slower_network_slows_the_all_reduce() -> None:
    inputs = {"network_bandwidth": 12.5}  # 100 Gb/s
    slow = case(model="Llama-3.1-70B", tensor_parallel=16, prompt=100_000, batch=1, inputs=inputs)
    across = 100_000 * 8192 * 2 / 8 / (12.5e9 * number(slow, "network_efficiency"))
    assert of(slow, "message_time", "all_reduce", "prefill") == pytest.approx(across, rel=0.02)


# --- all-to-all -------------------------------------------------------------------------------------------------


def test_a_token_goes_once_to_each_node() -> None:
    # 16 sequences on each of 32 devices: 4 nodes, 8 experts; each device sends 1 byte out and gets 2 back per element.
    results = wide(32, 16)
    reached = 4 * (1 - (1 - 1 / 4) ** 8)
    assert number(results, "domain_copies", "baseline") == pytest.approx(reached * 3 / 4)
    token, tokens = 7168 * 3, 16 * 1000
    devices = 32 * (1 - (1 - 1 / 32) ** 8)
    least = tokens * token * max(devices * 7 / 8 / LINK, reached * 3 / 4 / NETWORK)
    assert of(results, "link_time", "all_to_all", "prefill") == pytest.approx(least)
    network = NETWORK * number(results, "network_efficiency")
    latency = 2 * (inside_latency(results) + number(results, "network_latency")) * 1e-6
    expected = latency + tokens * token * reached * 3 / 4 / network
    assert of(results, "message_time", "all_to_all", "prefill") == pytest.approx(expected)
    # Decode sends every copy over the network: 8 experts, 3 of 4 on other nodes.
    expected = latency + 16 * token * 8 * 3 / 4 / network
    assert of(results, "message_time", "all_to_all", "decode") == pytest.approx(expected)


def test_routing_is_limited_to_so_many_nodes() -> None:
    def copies(**more: Any) -> float:
        return number(wide(64, 8, **more), "domain_copies", "baseline")

    assert copies() == pytest.approx(4 * (1 - (3 / 4) ** 8) * 7 / 8)  # at most 4 of 8 nodes
    free = case(model="Qwen3-235B-A22B", expert_parallel=64, batch=512)
    assert number(free, "routed_nodes", "Qwen3-235B-A22B") == 0
    assert number(free, "domain_copies", "baseline") == pytest.approx(8 * (1 - (7 / 8) ** 8) * 7 / 8)


def test_a_rack_is_one_domain() -> None:
    results = wide(64, 8, accelerator="GB200-NVL72")
    assert number(results, "domain_copies", "baseline") == 0
    assert of(results, "message_bytes", "all_to_all") == pytest.approx(8 * 8 * 7168 * 3 * 63 / 64)


@pytest.mark.parametrize(
    ("devices", "dispatch", "combine"),
    [(16, 118, 195), (32, 155, 273), (64, 173, 314), (128, 192, 369), (256, 194, 360)],
)
def test_small_exchanges_are_as_fast_as_measured(devices: int, dispatch: float, combine: float) -> None:
    # DeepEP's low-latency kernels on H800, 128 tokens of each device: microseconds.
    results = wide(devices, 128, accelerator="H800-SXM-80GB")
    assert of(results, "message_time", "all_to_all", "decode") * 1e6 == pytest.approx(dispatch + combine, rel=0.11)


@pytest.mark.parametrize(
    ("devices", "nodes", "dispatch", "combine"), [(16, 2, 43, 43), (32, 4, 58, 57), (64, 4, 51, 50)]
)
def test_large_exchanges_are_as_fast_as_measured(devices: int, nodes: int, dispatch: float, combine: float) -> None:
    # DeepEP's normal kernels on H800, 4096 tokens of each device: GB/s of all copies, those to the own node included.
    results = wide(devices, 1, accelerator="H800-SXM-80GB", prompt=4096)
    copies = nodes * (1 - (1 - 1 / nodes) ** 8)
    measured = 4096 * 7168 * copies * (1 / dispatch + 2 / combine) * 1e-9
    assert of(results, "message_time", "all_to_all", "prefill") == pytest.approx(measured, rel=0.08)


# --- pipeline ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accelerator", "tensor", "stages", "crossing"),
    [
        ("H100-SXM-80GB", 4, 2, 0),  # both in a node
        ("H100-SXM-80GB", 8, 2, 1),  # each fills one
        ("H100-SXM-80GB", 4, 4, 1 / 3),  # of three sends the middle one
        ("H100-NVL-94GB", 2, 2, 0),
        ("GB200-NVL72", 8, 8, 0),
    ],
)
def test_sends_cross_the_network_between_nodes(accelerator: str, tensor: int, stages: int, crossing: float) -> None:
    results = case(
        model="Llama-3.1-70B", accelerator=accelerator, tensor_parallel=tensor, pipeline_parallel=stages, batch=8
    )
    assert number(results, "network_sends", "baseline") == pytest.approx(crossing)
    sent = of(results, "message_bytes", "send_receive", "prefill")
    link = {"H100-SXM-80GB": 450e9, "H100-NVL-94GB": 64e9, "GB200-NVL72": 900e9}[accelerator]
    least = sent * ((1 - crossing) / link + crossing / NETWORK)
    assert of(results, "link_time", "send_receive", "prefill") == pytest.approx(least)


# --- redundant experts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("devices", [72, 144])
def test_redundant_experts_fill_the_devices(devices: int) -> None:
    results = wide(devices, 128, redundant_experts=32)
    assert results.get("valid", "baseline") is True
    assert number(results, "devices", "baseline") == devices
    # Each holds 288 / devices experts of 58 layers, 3 matrices of 7168 x 2048, in 1 byte.
    held = 58 * 288 / devices * 3 * 7168 * 2048
    assert number(results, "rank_expert_parameters", "baseline") == pytest.approx(held)
    # So many tokens touch all of them.
    assert number(results, "expert_passes", "baseline", "decode") == pytest.approx(288 / devices)


def test_few_tokens_touch_few_of_the_copies() -> None:
    results = case(**FP8, expert_parallel=8, redundant_experts=32, batch=8)
    assert number(results, "touched_experts", "baseline", "decode") == pytest.approx(288 * (1 - (1 - 8 / 288) ** 8))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"expert_parallel": 72}, "72 devices do not divide 256 experts"),
        (
            {"expert_parallel": 64, "redundant_experts": 30},
            "64 devices do not divide 256 experts and 30 redundant ones",
        ),
        (
            {"expert_parallel": 12, "tensor_parallel": 8, "redundant_experts": 32},
            "attention on 8 devices does not divide 12 devices",
        ),
    ],
)
def test_what_does_not_divide_says_so(option: dict[str, Any], words: str) -> None:
    results = case(**FP8, **option)
    assert results.get("feasible", "baseline") is False
    assert words in str(results.get("verdict", "baseline"))


def test_wide_expert_parallelism_holds_its_sequences() -> None:
    # Attention on each device alone: 256 sequences of 2,050 tokens (mean), 61 layers of 576 elements in 2 bytes.
    results = wide(72, 256, redundant_experts=32, kv_cache_precision="bf16", continuous_batching=True,
                   prompt=2000, output=100)  # fmt: skip
    assert number(results, "attention_groups", "baseline") == 72
    assert number(results, "decode_sequences", "baseline") == 72 * 256
    paged = 2064  # whole blocks of 16 tokens
    cache = 256 * paged * 61 * 576 * 2
    assert number(results, "memory_consumption_kv_cache", "baseline", "decode") == pytest.approx(cache)
    assert results.get("runs", "baseline") is True
    capacity = number(results, "kv_capacity", "baseline") * 2**30
    tokens = number(results, "kv_capacity_tokens", "baseline")
    assert tokens == pytest.approx(72 * capacity / (61 * 576 * 2), rel=1e-4)


def test_each_attention_group_schedules_its_own_sequences() -> None:
    # By default 1,024 sequences a group; each samples its own, and the hosts of all work at the same time.
    one, many = (wide(n, 16, continuous_batching=True, engine="sglang", redundant_experts=32) for n in (8, 72))
    assert number(many, "scheduled_sequences", "baseline") == 9 * number(one, "scheduled_sequences", "baseline")
    assert number(many, "scheduled_sequences", "baseline") == 72 * 1024
    assert number(many, "activation_reserve", "baseline") == number(one, "activation_reserve", "baseline")
    host = number(many, "host_sequence", "sglang")
    assert number(many, "host_per_sequence", "baseline") == pytest.approx(host / 72)
    tall = case(**FP8, tensor_parallel=8, engine="sglang", continuous_batching=True)
    assert number(tall, "host_per_sequence", "baseline") == pytest.approx(host)
    for results in (many, tall):
        assert number(results, "loaded_step", "baseline") > number(results, "loaded_pass", "baseline")


def test_each_attention_group_prefills_its_own_prompts() -> None:
    # The pass of which the time is computed has a prompt in every group: the next token waits for 1 / 8 of it a prompt.
    results = wide(8, 16, continuous_batching=True)
    whole, overhead = (
        number(results, name, "baseline", "prefill") for name in ("total_inference_time", "overhead_time")
    )
    assert number(results, "prefilled_prompts", "baseline") == 8
    assert of(results, "macs", "q_a_proj", "prefill") == 1000 * 7168 * 1536  # of one device
    assert number(results, "prompt_work", "baseline") == pytest.approx((whole - overhead) / 8)
    assert number(results, "single_prefill", "baseline") >= whole
    assert number(results, "marginal_prefill", "baseline") < (whole - overhead) / 8
    static = wide(8, 16)
    assert number(static, "prefilled_prompts", "baseline") == 128


# --- overlap and the bound --------------------------------------------------------------------------------------


def test_overlap_hides_communication_but_not_more_than_there_is() -> None:
    def time(overlap: float) -> float:
        return number(wide(32, 16, communication_overlap=overlap), "total_inference_time", "baseline", "prefill")

    communication = number(wide(32, 16), "communication_time", "baseline", "prefill")
    assert time(0) - time(50) == pytest.approx(communication / 2)
    slow = {"network_bandwidth": 1.0}
    bound = wide(32, 16, communication_overlap=100, inputs=slow)
    assert number(bound, "total_inference_time", "baseline", "prefill") == pytest.approx(
        number(bound, "communication_time", "baseline", "prefill")
    )


def test_the_ideal_is_the_longer_of_working_and_communicating() -> None:
    for inputs in ({}, {"network_bandwidth": 1.0}):
        results = wide(32, 16, inputs=inputs)
        operators = results.book.dimensions["operator"].names
        least = {o: number(results, "network_ideal_inference_time", "baseline", "prefill", o) for o in operators}
        links = {"all_reduce", "logits_gather", "send_receive", "all_to_all"}
        works, communicates = (sum(t for o, t in least.items() if (o in links) is kind) for kind in (False, True))
        ideal = number(results, "total_ideal_inference_time", "baseline", "prefill")
        assert ideal == pytest.approx(max(works, communicates))


@pytest.mark.parametrize(
    ("prompt", "measured"),
    [(1024, 57_674), (2048, 54_543), (4096, 50_302), (4096, 59_337), (4096, 62_713)],
)
def test_no_prefill_of_96_h100_beats_the_ideal(prompt: int, measured: float) -> None:
    # SGLang on 4 nodes of 8 H100, 16,384 tokens a device; with experts evenly loaded; and DeepSeek's own profile.
    results = wide(32, 16_384 // prompt, redundant_experts=32, prompt=prompt)
    ideal = 8 * 16_384 / number(results, "total_ideal_inference_time", "baseline", "prefill")
    assert measured < ideal < 3 * measured


def test_no_decode_of_96_h100_beats_the_ideal() -> None:
    # SGLang on 9 nodes of 8 H100, 256 sequences a device, prompts of 2,000: 22,282 tokens a second and node.
    def rate(name: str, overlap: float) -> float:
        settings = {"redundant_experts": 32, "kv_cache_precision": "bf16", "engine": "sglang"}
        more = {"continuous_batching": True, "prompt": 2000, "output": 100, "communication_overlap": overlap}
        return 8 * 256 / number(wide(72, 256, **settings, **more), name, "baseline", "decode")

    # Two batches that overlap gained 25 %, which takes hiding two fifths of the communication.
    assert rate("total_inference_time", 40) / rate("total_inference_time", 0) == pytest.approx(1.25, rel=0.02)
    assert rate("total_inference_time", 40) == pytest.approx(22_282, rel=0.25)
    assert rate("total_ideal_inference_time", 40) > 22_282
