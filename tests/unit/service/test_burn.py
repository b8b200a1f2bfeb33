"""What endpoints cost: the known rates are added up, and what is not known is counted and never taken for nothing."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from service.burn import Burn, burn, hardware_of, together, usd_per_hour
from service.ports import Hardware, Offer
from statemachine.configuration import Flattened
from statemachine.model import Sighting
from statemachine.status import AnyStatus, Status, UnknownStatus
from tests.unit.web.hands import CREATED

OFFER = Offer(usd_per_hour=0.8, status="available")
RUNNING = Sighting(status=Status.RUNNING, created_at=CREATED, ready_replicas=1, target_replicas=3)
PLACE = {
    "provider.vendor": "aws",
    "provider.region": "us-east-1",
    "compute.instanceType": "nvidia-l4",
    "compute.instanceSize": "x1",
}


@pytest.mark.parametrize(
    ("rates", "usd", "unpriced"),
    [
        ([], 0.0, 0),
        ([0.0], 0.0, 0),
        ([0.8, 1.6], 2.4, 0),
        ([0.8, None], 0.8, 1),
        ([None], None, 1),
        ([0.0, None, None], None, 2),
    ],
)
def test_a_sum_says_what_is_missing_from_it(rates: list[float | None], usd: float | None, unpriced: int) -> None:
    found = burn(rates)

    assert found.unpriced == unpriced
    assert found.usd_per_hour == (None if usd is None else pytest.approx(usd))


def test_sums_are_added_up_as_their_parts_would_be() -> None:
    unseen, idle, busy = (Burn(usd_per_hour=usd, unpriced=n) for usd, n in ((None, 0), (0.0, 0), (2.4, 1)))

    assert together([]) == Burn(usd_per_hour=0.0, unpriced=0)
    assert together([unseen, idle]) == unseen
    assert together([unseen, idle, busy]) == busy


def test_a_sum_is_as_old_as_the_oldest_look_in_it() -> None:
    new, old = (burn([0.8], as_of=CREATED + timedelta(days=days)) for days in (3, 1))
    unseen = Burn(usd_per_hour=None, unpriced=2)

    assert together([new, old, unseen]).as_of == CREATED + timedelta(days=1)
    assert together([unseen]).as_of is None


@pytest.mark.parametrize(
    ("status", "usd"),
    [(Status.RUNNING, 2.4), (Status.PAUSED, 0.0), (Status.FAILED, 0.0), (UnknownStatus("hibernating"), None)],
)
def test_all_replicas_that_are_wanted_cost_money_and_only_in_a_status_that_is_billed(
    status: AnyStatus, usd: float | None
) -> None:
    assert usd_per_hour(replace(RUNNING, status=status), OFFER) == (None if usd is None else pytest.approx(usd))


def test_without_a_price_or_a_number_of_replicas_only_what_rests_has_a_known_rate() -> None:
    uncounted = replace(RUNNING, ready_replicas=None, target_replicas=None)

    assert usd_per_hour(RUNNING, None) is None
    assert usd_per_hour(uncounted, OFFER) is None
    assert usd_per_hour(replace(uncounted, status=Status.PAUSED), None) == 0.0
    assert usd_per_hour(replace(RUNNING, ready_replicas=0, target_replicas=0), None) == 0.0


@pytest.mark.parametrize("missing", PLACE)
def test_hardware_is_told_whole_or_not_at_all(missing: str) -> None:
    part = {key: value for key, value in PLACE.items() if key != missing}

    assert hardware_of(replace(RUNNING, configuration=Flattened(PLACE))) == Hardware(*PLACE.values())
    assert hardware_of(replace(RUNNING, configuration=Flattened(part))) is None
    assert hardware_of(replace(RUNNING, configuration=Flattened({**part, missing: 7}))) is None
