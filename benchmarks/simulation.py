"""A discrete-event simulation of a language model server: continuous batching with chunked prefill, or static batches.

Times are in seconds, lengths in tokens, rates in requests a second. A run with the same arguments and seed gives the
same figures. The policy of continuous batching is that of vLLM:

- every step first decodes one token of every running request, then spends what is left of the token budget on prompts,
  in order of arrival; a long prompt is read over several steps
- a request is admitted when one of `max_num_seqs` slots is free and its prompt fits the KV cache
- the step that reads the end of a prompt gives the first token; each later step gives one more
- KV cache is allocated as it fills; when it is full, the request admitted last is preempted: it returns to the head of
  the queue and has its prompt and its tokens read again

How long a step takes is up to `step(running, context, prompt_tokens)`: the requests decoded, the tokens of context they
read, and the prompt tokens of the step. It is linear in the context, so that steps which only decode the same requests
are taken together.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.simulation_load import workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.simulation_load import Arrivals, RequestClass, Workload
    from benchmarks.simulation_results import Run

Step = Callable[[float, float, float], float]


@dataclass(frozen=True)
class LinearStep:
    """A step time linear in the running requests, their context and the prompt tokens read."""

    base: float
    per_request: float = 0.0
    per_context_token: float = 0.0
    per_prompt_token: float = 0.0

    def __call__(self, running: float, context: float, prompt_tokens: float) -> float:
        """The seconds of a step."""
        return (
            self.base
            + self.per_request * running
            + self.per_context_token * context
            + self.per_prompt_token * prompt_tokens
        )


@dataclass(frozen=True)
class CubicStep:
    """A step in which weights and compute overlap: (weights^3 + (running*compute)^3)^(1/3), then KV cache and host."""

    weights: float
    compute: float
    per_context_token: float
    rest: float
    per_prompt_token: float

    def __call__(self, running: float, context: float, prompt_tokens: float) -> float:
        """The seconds of a step."""
        overlapped = math.cbrt(self.weights**3 + (running * self.compute) ** 3)
        return overlapped + self.per_context_token * context + self.rest + self.per_prompt_token * prompt_tokens


class _Server:
    """The state of a server with continuous batching between two steps."""

    def __init__(self, work: Workload, max_num_seqs: int, token_budget: int, kv_tokens: float) -> None:
        self.work, self.slots, self.budget, self.kv = work, max_num_seqs, token_budget, kv_tokens
        self.waiting: deque[int] = deque()
        self.reading: deque[int] = deque()  # admitted, prompt not read to its end
        self.running: dict[int, tuple[int, int]] = {}  # request -> context and step when it started, in that order
        self.ends: list[tuple[int, int]] = []  # heap of the step that gives the last token, if not preempted; request
        self.unread = work.run.prompt.tolist()
        self.outputs = work.run.output.tolist()
        self.done = [0] * len(self.unread)  # output tokens given
        self.context = 0  # of the running requests
        self.read = 0  # KV tokens of the requests being read
        self.step = 0

    def admit(self, held: int) -> bool:
        """Admit the first waiting request if a slot and KV cache are free; `held` requests end their prompt now."""
        if not self.waiting or len(self.running) + len(self.reading) + held >= self.slots:
            return False
        request = self.waiting[0]
        if self.context + self.read + self.unread[request] > self.kv:
            return False
        self.reading.append(self.waiting.popleft())
        self.read += self.unread[request]
        return True

    def plan(self) -> tuple[int, list[int]]:
        """Spend the token budget on prompts: the tokens read, and the requests whose prompt ends.

        A step that preempts admits no request: what it has just sent back would return at once.
        """
        admitting = not self.preempt()
        room = self.budget - len(self.running)
        tokens = 0
        ending: list[int] = []
        while room > 0 and (self.reading or (admitting and self.admit(len(ending)))):
            request = self.reading[0]
            chunk = min(self.unread[request], room)
            self.unread[request] -= chunk
            room -= chunk
            tokens += chunk
            if not self.unread[request]:
                ending.append(self.reading.popleft())
        return tokens, ending

    def preempt(self) -> bool:
        """Send back the requests admitted last until the next token of every other one fits; whether any was."""
        before = self.work.run.preemptions
        while self.context + self.read + len(self.running) > self.kv and len(self.running) > 1:
            request, (context, started) = self.running.popitem()
            made = self.step - started
            self.context -= context + made
            self.done[request] += made
            self.unread[request] = int(self.work.run.prompt[request]) + self.done[request]
            self.waiting.appendleft(request)
            self.work.run.preemptions += 1
        return self.work.run.preemptions > before

    def finish(self, ending: list[int], now: float, steps: int) -> None:
        """Account for steps that end `now`: their tokens of each running request, the first of each of `ending`."""
        self.step += steps
        self.context += steps * len(self.running)
        while self.ends and self.ends[0][0] <= self.step:
            request = heapq.heappop(self.ends)[1]
            context, started = self.running.get(request, (0, -1))
            if self.done[request] + self.step - started == self.outputs[request] and started >= 0:
                del self.running[request]
                self.context -= context + self.step - started
                self.work.ended(request, now)
        for request in ending:
            self.start(request, now)

    def start(self, request: int, now: float) -> None:
        """Note the token that the end of a prompt gives, and decode the rest."""
        run = self.work.run
        held = int(run.prompt[request]) + self.done[request]
        self.read -= held
        if not self.done[request]:
            run.first[request] = now
        self.done[request] += 1
        rest = self.outputs[request] - self.done[request]
        if not rest:
            self.work.ended(request, now)
            return
        self.running[request] = (held, self.step)
        self.context += held
        heapq.heappush(self.ends, (self.step + rest, request))

    @property
    def full(self) -> bool:
        """Whether every slot is running."""
        return len(self.running) >= self.slots

    @property
    def steady(self) -> bool:
        """Whether the next steps only decode the requests that run now."""
        return bool(self.running) and not self.reading and (self.full or not self.waiting)

    def steps_until(self, seconds: float, growth: float, arrival: float) -> int:
        """How many steps decode the same requests before one ends, the KV cache is full or the next arrives.

        The first takes `seconds`, each further one `growth` more; the next request arrives in `arrival` seconds.
        """
        steps = self.ends[0][0] - self.step
        if self.kv < math.inf:
            steps = min(steps, int((self.kv - self.context) // len(self.running)))
        if not self.full and arrival < math.inf:
            half = seconds - growth / 2  # solve steps * seconds + growth * steps * (steps - 1) / 2 = arrival
            root = half + math.sqrt(half**2 + 2 * growth * arrival)
            steps = min(steps, math.ceil(2 * arrival / root) if root else 1)
        return max(1, steps)

    def expire(self, oldest: float) -> None:
        """Let the requests leave that arrived before `oldest` and have no token yet."""
        arrival = self.work.run.arrival
        while self.waiting and not self.done[self.waiting[0]] and arrival[self.waiting[0]] < oldest:
            self.work.ended(self.waiting.popleft(), math.nan)


def simulate(
    step: Step,
    classes: Sequence[RequestClass],
    arrivals: Arrivals,
    *,
    max_num_seqs: int = 256,
    token_budget: int = 8192,
    kv_tokens: float = math.inf,
    patience: float = math.inf,
    seed: int = 0,
) -> Run:
    """Run a server with continuous batching until every request has ended.

    `patience` is how long a request waits for admission before it leaves without an answer; such a request has no
    first token and no end.
    """
    work = workload(classes, arrivals, seed)
    if max(work.run.prompt + work.run.output) > kv_tokens:
        msg = f"a request of {max(work.run.prompt + work.run.output)} tokens never fits {kv_tokens:g} KV tokens"
        raise ValueError(msg)
    if patience < math.inf and work.unsent:
        msg = "patience needs arrivals that do not depend on answers"
        raise ValueError(msg)
    server = _Server(work, max_num_seqs, token_budget, kv_tokens)
    now = 0.0
    while work.left:
        work.arrived(now, server.waiting)
        server.expire(now - patience)
        if not (server.waiting or server.reading or server.running):
            if work.pending:
                work.run.idle.append((now, work.pending[0][0]))
                now = work.pending[0][0]
            continue
        tokens, ending = server.plan()
        running, steps = len(server.running), 1
        seconds = step(running, server.context, tokens)
        if server.steady and not tokens:
            growth = step(running, server.context + running, 0) - seconds
            steps = server.steps_until(seconds, growth, work.pending[0][0] - now if work.pending else math.inf)
            now += growth * steps * (steps - 1) / 2
        now += steps * seconds
        server.finish(ending, now, steps)
    return work.run


def simulate_static(
    step: Step,
    classes: Sequence[RequestClass],
    arrivals: Arrivals,
    *,
    batch: int,
    max_wait: float = math.inf,
    seed: int = 0,
) -> Run:
    """Run batches of `batch` requests, padded to the longest prompt and decoded until the longest output.

    A batch starts when it is full, when its oldest request has waited `max_wait`, or when nothing more can arrive.
    A request ends with its own last token; its slot is free when the batch ends.
    """
    work = workload(classes, arrivals, seed)
    waiting: deque[int] = deque()
    now = 0.0
    while work.left:
        work.arrived(now, waiting)
        due = work.run.arrival[waiting[0]] + max_wait if waiting else math.inf
        if len(waiting) < batch and now < due and work.pending:
            later = min(due, work.pending[0][0])
            work.run.idle.append((now, later))
            now = later
            continue
        now = _run_batch(step, work, [waiting.popleft() for _ in range(min(batch, len(waiting)))], now)
    return work.run


def _run_batch(step: Step, work: Workload, members: list[int], now: float) -> float:
    """Run one static batch from `now`; when it ends."""
    run, size = work.run, len(members)
    longest = int(max(run.prompt[members]))
    now += step(0, 0, size * longest)
    times = [now]
    for made in range(int(max(run.output[members])) - 1):
        now += step(size, size * (longest + made), 0)
        times.append(now)
    for request in members:
        run.first[request] = times[0]
        work.ended(request, now)
        run.end[request] = times[run.output[request] - 1]
    return now
