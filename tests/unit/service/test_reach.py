"""Who is reached by what: protected wins, and nobody is counted twice."""

from service.config import Settings
from service.config.reach import reach
from statemachine.model import EndpointName

SETTINGS = Settings.model_validate(
    {
        "namespaces": {"acme": {}},
        "groups": {
            "production": {"match": ["acme/chat", "acme/booth-*"], "protected": True},
            "experiments": {"match": ["acme/*-trial", "acme/booth-*"]},
            "audio": {"tags": ["audio"]},
            "empty": {"match": ["nobody/*"]},
        },
        "policies": [
            {"name": "old", "groups": ["experiments", "audio"], "when": {"max_age": "1h"}},
            {"name": "vain", "groups": ["production", "empty"], "when": {"idle": "1h"}},
        ],
    }
)
TAGS = {
    EndpointName("acme", name): frozenset(tags)
    for name, tags in {
        "chat": [],
        "booth-a": [],
        "tts-trial": ["audio"],
        "llm-trial": [],
        "whisper": ["audio"],
        "alone": [],
    }.items()
}


def names(found: frozenset[EndpointName]) -> set[str]:
    return {name.name for name in found}


def test_groups_hold_what_they_match_and_what_is_in_none_is_told() -> None:
    found = reach(SETTINGS, TAGS)

    assert {key: names(held) for key, held in found.groups.items()} == {
        "production": {"chat", "booth-a"},
        "experiments": {"booth-a", "tts-trial", "llm-trial"},
        "audio": {"tts-trial", "whisper"},
        "empty": set(),
    }
    assert names(found.groupless) == {"alone"}


def test_a_policy_reaches_what_no_protecting_group_holds_once() -> None:
    found = reach(SETTINGS, TAGS)

    assert names(found.policies["old"]) == {"tts-trial", "llm-trial", "whisper"}
    assert names(found.policies["vain"]) == set()
    assert {key: names(held) for key, held in found.shielded.items()} == {
        "experiments": {"booth-a"},
        "audio": set(),
        "empty": set(),
    }
