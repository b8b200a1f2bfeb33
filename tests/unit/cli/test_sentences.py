import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from events.codec import TYPES
from service.cli.lines import plain
from service.cli.sentences import SENTENCES, sentence

EXAMPLES = Path(__file__).parents[2] / "contract" / "examples"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def example(type_name: str) -> dict[str, Any]:
    newest = max(EXAMPLES.glob(f"{type_name}.v*.json"))
    document: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return document


def test_there_is_a_sentence_for_each_type_that_can_stand_in_the_log() -> None:
    assert set(SENTENCES) == set(TYPES)


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_each_type_is_told_in_one_line_of_words(type_name: str) -> None:
    told = sentence(type_name, example(type_name))

    assert told
    assert "\n" not in told
    assert type_name not in told  # the way out for what is not understood
    assert "None" not in told


def test_the_end_of_a_lease_names_which_one_it_was() -> None:
    told = [sentence(name, example(name)) for name in ("lease.taken", "lease.released", "lease.expired")]

    assert ["(lease b7c1f0f5)" in one for one in told] == [True] * 3


def test_a_type_of_a_newer_version_is_shown_as_it_is() -> None:
    assert sentence("lease.granted", {"until": "noon"}) == 'lease.granted {"until": "noon"}'


@given(st.sampled_from(sorted(TYPES)), st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_no_document_makes_the_telling_fail(type_name: str, data: dict[str, Any]) -> None:
    assert sentence(type_name, data)


def test_an_unknown_status_is_told_as_it_came() -> None:
    told = sentence("endpoint.status_changed", example("endpoint.status_changed"))

    assert told.startswith("paused → hibernating (not a known status) via pending, initializing")
    assert "nobody could look in between" in told
    assert told.count("known") == 1


def test_a_known_status_behind_an_unknown_one_is_told_as_what_it_is() -> None:
    data = {**example("endpoint.status_changed"), "old": {"raw": "hibernating"}, "new": "running", "via": []}

    told = sentence("endpoint.status_changed", {**data, "kind": "unknown"})

    assert told.startswith("hibernating (not a known status) → running  ")


@pytest.mark.parametrize(
    "stream, about",
    [
        ("daemon", "daemon"),
        ("delivery/team", "team"),
        ("acts", "all endpoints"),
        ("incident/log/x", "log/x"),
        ("incident/configuration/", "configuration"),
    ],
)
def test_what_is_about_no_endpoint_names_its_place(stream: str, about: str) -> None:
    told = plain(
        {
            "position": 3,
            "stream": stream,
            "endpoint": None,
            "namespace": None,
            "type": "daemon.stopped",
            "data": {"reason": "x"},
        }
    )

    assert told == f"{about}  daemon stopped: x  #3"


def test_what_others_wrote_stays_in_one_line_and_moves_no_cursor() -> None:
    said = sentence("subscriber.parked", {"subscriber": "hook/a", "position": 4, "error": "no\n\x1b[2J\x9b\u2028way"})

    assert said == "position 4 set aside by hook/a: no  [2J  way"
    assert sentence("of.tomorrow", {"text": "\x9b"}) == 'of.tomorrow {"text": " "}'
