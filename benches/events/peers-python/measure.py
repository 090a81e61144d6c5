"""How a scenario is measured: the loops of `harness/src/measure.rs`, with a thread for each client, as those who use the framework
have them. That only one of them runs Python at a time is part of what is measured."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter
from typing import Protocol
from uuid import UUID

HUNDRED = 100
"""How many events a commit has when many are committed, and how long the hot stream is."""
COMMANDS = 10
"""How many commands a hot stream gets."""
PORTION = 1_000
"""How many events are committed together while a long stream is prepared."""
WARM_UP = 2
"""How many operations of each client go ahead and are not timed."""


class Contestant(Protocol):
    """What a contestant can do."""

    def append(self, order: UUID, count: int) -> None:
        """One command: loads the aggregate, which may have no event yet, has it add so many events, and commits."""

    def rehydrate(self, order: UUID) -> int:
        """Loads the aggregate; how many events it was made of."""

    def catch_up(self) -> int:
        """Reads the whole log as a subscriber would; how many events there were."""

    def close(self) -> None:
        """Lets its connections go."""


def prepare(contestant: Contestant, kind: str | dict, sizes: dict) -> None:
    """Writes what the scenario reads."""
    match kind:
        case "Rehydrate":
            for _ in range(sizes["stream"] // PORTION):
                contestant.append(long_stream(), PORTION)
        case "CatchUp":
            for number in range(sizes["log"] // HUNDRED):
                contestant.append(stream(0, 0, number), HUNDRED)


def measure(contestant: Contestant, kind: str | dict, sizes: dict, turn: int) -> float:
    """What is done a second, commands or events."""
    length = sizes["round"]["secs"] + sizes["round"]["nanos"] / 1e9
    match kind:
        case {"NewStream": {"clients": clients}}:
            return new_streams(contestant, clients, 1, turn, length)
        case "Many":
            return new_streams(contestant, 1, HUNDRED, turn, length) * HUNDRED
        case "HotStream":
            return hot_streams(contestant, turn, length)
        case "Rehydrate":
            return reads(length, sizes["stream"], lambda: contestant.rehydrate(long_stream()))
        case "CatchUp":
            return reads(length, sizes["log"], contestant.catch_up)
        case other:
            raise ValueError(f"nobody can measure {other}")


def new_streams(contestant: Contestant, clients: int, events: int, turn: int, length: float) -> float:
    """Commands a second of so many clients, each on a new stream."""
    start = Barrier(clients)

    def rate(client: int) -> float:
        try:
            for number in range(WARM_UP):
                contestant.append(stream(turn, client, number), events)
            start.wait()
        except BaseException:
            # Otherwise the others would wait for ever.
            start.abort()
            raise
        begun, number = perf_counter(), WARM_UP
        while perf_counter() - begun < length:
            contestant.append(stream(turn, client, number), events)
            number += 1
        return (number - WARM_UP) / (perf_counter() - begun)

    with ThreadPoolExecutor(clients) as threads:
        return sum(threads.map(rate, range(clients)))


def hot_streams(contestant: Contestant, turn: int, length: float) -> float:
    """Commands a second on streams that have some events."""
    commands, spent, number = 0, 0.0, 0
    while spent < length:
        order = stream(turn, 0, number)
        contestant.append(order, HUNDRED)
        begun = perf_counter()
        for _ in range(COMMANDS):
            contestant.append(order, 1)
        # The first stream warms up.
        if number > 0:
            commands += COMMANDS
            spent += perf_counter() - begun
        number += 1
    return commands / spent


def reads(length: float, expected: int, read: Callable[[], int]) -> float:
    """Events a second that are read."""
    first = read()
    if first != expected:
        raise ValueError(f"{first} events were read instead of {expected}")
    events, begun = 0, perf_counter()
    while perf_counter() - begun < length:
        events += read()
    return events / (perf_counter() - begun)


def long_stream() -> UUID:
    """The stream that is rehydrated."""
    return stream(0, 0, 0)


def stream(turn: int, client: int, number: int) -> UUID:
    """A stream of its own for each command: the same ids as everybody has."""
    spread = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835
    number = turn << 64 | client << 32 | number
    spread = (number + 1) * spread % (1 << 128)
    return UUID(int=spread ^ spread >> 67)
