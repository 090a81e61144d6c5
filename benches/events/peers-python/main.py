"""The framework that is a library for Python. The other program asks, a line of JSON each time; the answers go to the standard
error. What is asked and answered is said in `harness/src/protocol.rs`."""

import json
import sys

import measure
import orders

KNOWN = {"pyeventsourcing": orders.open_at}
"""How each contestant is opened at a place."""


def run(request: dict) -> float:
    """Opens the contestant, does what is asked, and closes it: a rate, 0 for what was only prepared."""
    contestant = KNOWN[request["contestant"]](request["place"])
    try:
        kind, sizes = request["scenario"]["kind"], request["scenario"]["sizes"]
        match request["ask"]:
            case "Prepare":
                measure.prepare(contestant, kind, sizes)
                return 0.0
            case {"Measure": turn}:
                return measure.measure(contestant, kind, sizes, turn)
            case other:
                raise ValueError(f"nobody can do {other}")
    finally:
        contestant.close()


def answer(request: dict) -> dict:
    """A rate, or why there is none."""
    try:
        return {"Ok": run(request)}
    except Exception as error:  # Whatever the contestant says is the answer.
        return {"Err": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=sys.stderr, flush=True)
