"""Whole servers, spare ones and shared queues, against cases worked by hand."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportgen import api

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.engine.results import Results

HOURS = 365.25 * 24  # of a year

CASE = """
schema: 1
title: Fleets
date: 2026-11-23
requests: {only: {prompt_tokens: 100, output_tokens: 200}}
levers: none
prices:
  card: {price_accelerator: H100-SXM-80GB, purchase_price: 30000, price_currency: USD, price_date: 2026-11-01}
  hour: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: USD, price_date: 2026-11-01}
  pair: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: USD, price_date: 2026-11-01,
         offer_devices: 2}
  bound: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: USD, price_date: 2026-11-01,
          commitment: reserved}
  rack: {price_accelerator: GB200-NVL72, purchase_price: 60000, price_currency: USD, price_date: 2026-11-01}
  workstation: {price_accelerator: RTX-4090, purchase_price: 1600, price_currency: USD, price_date: 2026-11-01}
inputs: {request_rate: 1}
options:
  baseline: {model: Llama-3.1-70B, accelerator: H100-SXM-80GB, tensor_parallel: 4, price: card}
"""

QUEUE = """
schema: 1
title: One queue
requests: {only: {prompt_tokens: 100, output_tokens: 200}}
levers: none
inputs: {request_rate: 1}
options:
  baseline: {model: Llama-3.1-8B, accelerator: H100-SXM-80GB, max_num_seqs: 8, replicas: 4}
  shared: {shared_queue: true}
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(CASE)
    return path


def fleet(path: Path, *changes: str) -> Results:
    return api.evaluate(path, [f"baseline.{change}" if "=" in change else change for change in changes])


def figure(results: Results, name: str, option: str = "baseline") -> float:
    value = results.get(name, option)
    assert isinstance(value, float), (name, option, value)
    return value


@pytest.mark.parametrize(
    ("accelerator", "price", "group", "replicas", "provided"),
    [
        ("H100-SXM-80GB", "card", 4, 1, 8),
        ("H100-SXM-80GB", "card", 4, 2, 8),
        ("H100-SXM-80GB", "card", 4, 3, 16),
        ("H100-SXM-80GB", "card", 2, 5, 16),  # four replicas a server
        ("H100-SXM-80GB", "card", 16, 3, 48),  # two servers a replica
        ("H100-SXM-80GB", "bound", 4, 1, 8),  # a commitment is for a server
        ("H100-SXM-80GB", "hour", 4, 3, 12),  # on demand, singly
        ("H100-SXM-80GB", "pair", 1, 3, 4),
        ("H100-SXM-80GB", "pair", 4, 3, 12),
        ("GB200-NVL72", "rack", 4, 18, 72),
        ("GB200-NVL72", "rack", 16, 4, 72),  # floor(72 / 16) = 4 a rack
        ("GB200-NVL72", "rack", 16, 5, 144),
        ("RTX-4090", "workstation", 8, 1, 8),
        ("RTX-4090", "workstation", 4, 1, 4),  # graphics cards are had singly
    ],
)
def test_whole_servers(case: Path, accelerator: str, price: str, group: int, replicas: int, provided: int) -> None:
    results = fleet(
        case, f"accelerator={accelerator}", f"price={price}", f"tensor_parallel={group}", f"replicas={replicas}"
    )
    assert figure(results, "devices") == group * replicas
    assert figure(results, "provided_devices") == provided


@pytest.mark.parametrize(("replicas", "servers", "spare"), [(1, 1, 1), (20, 10, 1), (22, 11, 2), (60, 30, 3)])
def test_spare_servers_of_a_bought_fleet(case: Path, replicas: int, servers: int, spare: int) -> None:
    """One for every ten that serve, where servers are bought for a peak."""
    sized = [f"replicas={replicas}"]
    assert figure(fleet(case, *sized), "provided_devices") == 8 * servers, "without a peak rate there is none"
    case.write_text(CASE.replace("request_rate: 1", "peak_rate: 1"))
    assert figure(fleet(case, *sized), "provided_devices") == 8 * (servers + spare)
    assert figure(fleet(case, *sized, "spare_servers=0"), "provided_devices") == 8 * servers
    assert figure(fleet(case, *sized, "spare_servers=4"), "provided_devices") == 8 * (servers + 4)
    assert figure(fleet(case, *sized, "price=bound"), "provided_devices") == 8 * servers, "providers replace servers"


def test_what_is_provided_is_paid_for(case: Path) -> None:
    """Four of eight devices serve; purchase, upkeep, room and power are those of the server."""
    case.write_text(
        CASE.replace(
            "request_rate: 1",
            "request_rate: 1, power_floor: 100 %, idle_power_share: 10 %, server_power_factor: 1.8, pue: 1.25, "
            "power_price: 0.2, hosting_price: 100, maintenance_share: 5 %, horizon: 4 year, depreciation_time: 4 year",
        )
    )
    results = fleet(case)
    purchase = 8 * 30_000
    assert figure(results, "purchase_cost") == purchase
    assert figure(results, "hosted_power") == pytest.approx(8 * 0.7 * 1.8)
    busy = figure(results, "utilisation") / 100
    assert 0 < busy < 1
    # 700 W: the rest of the server 80 %, idle 10 %, serving 100 %
    power = (4 * 0.7 * (0.8 + 0.1 + 0.9 * busy) + 4 * 0.7 * (0.8 + 0.1)) * 1.25
    assert figure(results, "mean_power") == pytest.approx(power)
    assert figure(results, "power_cost") == pytest.approx(power * HOURS * 0.2)
    hosting = 8 * 0.7 * 1.8 * 100 * 12
    owned = purchase / 4 + 0.05 * purchase + power * HOURS * 0.2 + hosting
    assert figure(results, "owned_cost") == pytest.approx(owned)
    assert figure(results, "yearly_cost") == pytest.approx(owned)
    assert figure(results, "energy_per_token") == pytest.approx(power * 1000 / 200), "a request of 200 tokens a second"


def test_renting_singly_against_buying_a_server(case: Path) -> None:
    rented = fleet(case, "price=hour", "other_price=card")
    assert figure(rented, "yearly_cost") == pytest.approx(4 * 2 * HOURS)
    bought = fleet(case, "other_price=hour")
    assert figure(bought, "purchase_cost") == 8 * 30_000
    share = 100 * figure(bought, "yearly_cost") / (4 * 2 * HOURS)
    assert figure(bought, "break_even") == pytest.approx(share)
    assert figure(rented, "break_even") == pytest.approx(share), "the same two offers are compared"
    committed = fleet(case, "price=bound")
    assert figure(committed, "yearly_cost") == pytest.approx(8 * 2 * HOURS)


def test_periods_pay_for_whole_servers(case: Path) -> None:
    """At night one of three replicas is needed: a pair of devices, of which one is used, stays."""
    periods = "periods: {day: {hours: 8, load: 100 %}, night: {hours: 16, load: 0}}\n"
    text = CASE.replace("request_rate: 1", "peak_rate: 1000, ttft_target: 60, headroom: 0") + periods
    case.write_text(text.replace("Llama-3.1-70B", "Llama-3.1-8B").replace("tensor_parallel: 4", "tensor_parallel: 1"))
    results = fleet(case, "price=pair", "scale_with_load=true")
    peak = figure(results, "deployed_replicas")
    assert peak > 2
    pairs = (8 * -(-peak // 2) + 16 * 1) / 24
    assert figure(results, "paid_devices") == pytest.approx(2 * pairs)
    assert figure(results, "yearly_cost") == pytest.approx(2 * pairs * 2 * HOURS)


def test_the_limit_counts_what_is_bought(case: Path) -> None:
    case.write_text(CASE.replace("request_rate: 1", "request_rate: 1, device_limit: 4"))
    assert fleet(case).get("verdict", "baseline") == "needs 8 devices, 4 are allowed"
    assert fleet(case, "price=hour").get("feasible", "baseline") is True


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((), "8 H100-SXM-80GB in one server, 4 of them in use"),
        (("replicas=2",), "8 H100-SXM-80GB in one server"),
        (("replicas=3", "spare_servers=1"), "24 H100-SXM-80GB in 3 servers (one spare), 12 of them in use"),
        (("price=hour",), "4 H100-SXM-80GB"),
    ],
)
def test_words(case: Path, changes: tuple[str, ...], words: str) -> None:
    assert fleet(case, *changes).get("fleet_words", "baseline") == words


def test_without_prices_devices_are_counted_singly(tmp_path: Path) -> None:
    path = tmp_path / "queue.yaml"
    path.write_text(QUEUE)
    assert figure(fleet(path), "provided_devices") == figure(fleet(path), "devices") == 4


def mean_wait(slots: int, rate: float, time: float, count: int = 200_000) -> float:
    """The mean wait of requests that arrive at random for one of the slots, each of which they hold equally long."""
    gaps = np.random.default_rng(7).exponential(1 / rate, count)
    free, now, total = [0.0] * slots, 0.0, 0.0
    for gap in gaps.tolist():
        now += gap
        start = max(now, heapq.heappop(free))
        total += start - now
        heapq.heappush(free, start + time)
    return total / count


@pytest.mark.parametrize("rate", [16, 17, 18])
def test_a_shared_queue_shortens_the_wait_as_a_simulation_says(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "queue.yaml"
    path.write_text(QUEUE.replace("request_rate: 1", f"request_rate: {rate}"))
    results = api.evaluate(path)
    alone, shared = (figure(results, "loaded_slot_wait", option) for option in ("baseline", "shared"))
    time = figure(results, "loaded_running", "baseline") / (rate / 4)  # Little's law
    ratio = mean_wait(32, rate, time) / mean_wait(8, rate / 4, time)
    assert shared / alone == pytest.approx(ratio, rel=0.2)


def test_square_root_staffing(tmp_path: Path) -> None:
    """A shared queue needs fewer replicas, whose slots hold the mean and z standard deviations of what runs."""
    path = tmp_path / "queue.yaml"
    text = QUEUE.replace("request_rate: 1", "peak_rate: 200, ttft_target: 40, ttft_percentile: 95 %, headroom: 0")
    path.write_text(text.replace("replicas: 4", "replicas: 1"))
    results = api.evaluate(path)
    alone, shared = (figure(results, "deployed_replicas", option) for option in ("baseline", "shared"))
    assert shared < alone
    for option in ("baseline", "shared"):
        assert results.get("feasible", option) is True, "both meet the target"
    running, spread = (figure(results, name, "shared") for name in ("loaded_running", "loaded_spread"))
    needed = shared * running + 1.6449 * (shared * spread**2) ** 0.5  # R + z sqrt(R t / a)
    assert 8 * shared >= needed
    assert 8 * shared * 0.9 == pytest.approx(shared * running, rel=0.05), "the usable share of the capacity binds"


def test_a_small_pool_is_bound_by_its_fluctuations(tmp_path: Path) -> None:
    """Three replicas with one queue: with one fewer, the slots do not hold the mean and z standard deviations."""
    path = tmp_path / "queue.yaml"
    text = QUEUE.replace("request_rate: 1", "peak_rate: 9, ttft_target: 35, ttft_percentile: 95 %, headroom: 0")
    path.write_text(text.replace("replicas: 4", "replicas: 1"))
    results = api.evaluate(path)
    shared = figure(results, "deployed_replicas", "shared")
    time = figure(results, "loaded_running", "shared") * shared / 9
    mean = 9 * time
    assert 8 * shared >= mean + 1.6449 * mean**0.5
    assert 8 * (shared - 1) < mean + 1.6449 * mean**0.5
    assert shared < figure(results, "deployed_replicas", "baseline")
