"""A call is answered as of one instant, however fast the clock runs meanwhile."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from service.simulator import Simulator
from service.simulator.answers import Call, answered
from service.simulator.api import get_endpoint, list_endpoints


class Hasty:
    """A clock that goes on by `step` whenever it is asked."""

    def __init__(self, step: timedelta) -> None:
        self._at = datetime(2026, 3, 2, tzinfo=UTC)
        self._step = step

    def now(self) -> datetime:
        self._at += self._step
        return self._at

    async def sleep(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)


@pytest.mark.parametrize("millis", [70, 110, 170, 230, 310, 450, 700])
def test_an_endpoint_that_is_deleted_is_told_whole_or_not_at_all(millis: int) -> None:
    simulator = Simulator(clock=Hasty(timedelta(milliseconds=millis)))
    simulator.create("acme", "tgi", state="running")
    simulator.act("acme", "tgi", "delete")
    params = {"namespace": "acme", "name": "tgi"}
    call = Call(method="GET", path="/v2/endpoint/acme/tgi", query="", params=params, token="hf_alice", body=b"")

    codes, listed = [], []
    for _ in range(40):
        codes.append(answered(get_endpoint, simulator, call).status)
        listed.append(len(json.loads(answered(list_endpoints, simulator, call).body)["items"]))

    assert sorted(codes) == codes
    assert set(codes) <= {200, 404}
    assert (codes[-1], listed[-1]) == (404, 0)
