"""Weigh so many endpoints in memory, in a process of its own: nothing else is there that could be counted.

Told as JSON, in bytes: all that the state machine keeps of them, the same without their configurations, and for
comparison their documents, which are not kept here.
"""

import gc
import sys
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from service.huggingface.document import read_document
from service.masking import Masker
from statemachine.configuration import Flattened
from statemachine.machine import fold
from statemachine.model import Discovered, Endpoint, EndpointName, Sighting
from tests.bench.pages import endpoint
from tests.unit.huggingface.documents import encoded

SEEN_AT = datetime(2026, 3, 1, tzinfo=UTC)
MASKER = Masker()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What so many endpoints weigh in memory."""

    whole: int
    without_configuration: int
    documents: int


def read(number: int) -> Sighting:
    """Return what the client reads in the document of this number; each time anew."""
    content = read_document(encoded(endpoint(number)), EndpointName("acme", f"endpoint-{number:05}"), MASKER).content
    if not isinstance(content, Sighting):
        raise TypeError(f"the document is not readable: {content}")
    return content


def known(number: int) -> Endpoint:
    return fold([Discovered(seen_at=SEEN_AT, absent_at=None, sighting=read(number))])


def without_configuration(whole: Endpoint) -> Endpoint:
    return replace(whole, sighting=None if whole.sighting is None else replace(whole.sighting, configuration=NOTHING))


NOTHING = Flattened()


def weigh(count: int) -> Weight:
    documents = sum(len(encoded(endpoint(number))) for number in range(count))
    known(0)  # what the first reading leaves behind is nobody's
    endpoints: list[Endpoint | None] = [None] * count
    tracemalloc.start()
    before = held()
    for number in range(count):
        endpoints[number] = known(number)
    whole = held() - before
    for number, one in enumerate(endpoints):
        endpoints[number] = one and without_configuration(one)
    return Weight(whole=whole, without_configuration=held() - before, documents=documents)


def held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(weigh(int(sys.argv[1]))).decode() + "\n")
