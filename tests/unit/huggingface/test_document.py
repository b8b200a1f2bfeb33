from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given

from service.huggingface.document import read_document, read_instant, read_name
from service.masking import MARK, Masker
from statemachine.configuration import Flattened
from statemachine.model import EndpointName, Sighting
from statemachine.status import Status, UnknownStatus
from tests.unit.huggingface.documents import NAME, document, encoded, reading
from tests.unit.test_masking import documents, leaves, plain_markers, planted, token_markers


def sighting(told: Any) -> Sighting:
    content = reading(told).content
    assert isinstance(content, Sighting), content
    return content


def reason(told: Any) -> str:
    content = reading(told).content
    assert isinstance(content, str)
    return content


def test_a_document_says_what_the_endpoint_is() -> None:
    seen = sighting(document())

    assert seen == Sighting(
        status=Status.RUNNING,
        created_at=datetime(2023, 10, 26, 12, 41, 53, 263078, UTC),
        updated_at=datetime(2023, 10, 26, 12, 41, 53, 0, UTC),
        created_by="6273f303f6d63a28483fde12",
        updated_by="bob",
        ready_replicas=1,
        target_replicas=2,
        url="https://h3bsvkmjkkyd5v8u.us-east-1.aws.endpoints.huggingface.cloud",
        message="Endpoint is ready",
        configuration=Flattened(
            {
                "type": "protected",
                "healthRoute": "/health",
                "tags": "a-team, prod",
                "provider.vendor": "aws",
                "provider.region": "us-east-1",
                "compute.accelerator": "gpu",
                "compute.scaling.minReplica": 0,
                "compute.scaling.maxReplica": 2,
                "model.repository": "openai-community/gpt2",
                "model.args": f"{MARK}, {MARK}",
                "model.env.LEVEL": MARK,
                "model.secrets.DB": MARK,
            }
        ),
    )


def test_the_masked_document_is_kept_whole() -> None:
    kept = msgspec.json.decode(reading(document()).document)

    assert kept["status"] == document()["status"]
    assert kept["model"]["secrets"] == {"DB": MARK}


@pytest.mark.parametrize(
    "text, microsecond",
    [
        ("2023-10-26T12:41:53Z", 0),
        ("2023-10-26T12:41:53.2Z", 200_000),
        ("2023-10-26T12:41:53.263Z", 263_000),
        ("2023-10-26T12:41:53.263078Z", 263_078),
        ("2023-10-26T12:41:53.263078999Z", 263_078),
        ("2023-10-26T12:41:53.263078999123+00:00", 263_078),
        ("2023-10-26T14:41:53.263+02:00", 263_000),
        ("2023-10-26t12:41:53z", 0),
    ],
)
def test_a_time_may_have_any_number_of_digits_and_any_offset(text: str, microsecond: int) -> None:
    at = read_instant(text, "$.x")

    assert at == datetime(2023, 10, 26, 12, 41, 53, microsecond, UTC)
    assert at.tzinfo is UTC


@pytest.mark.parametrize("told", ["", "yesterday", "2023-10-26", "2023-10-26T12:41:53", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_makes_the_document_unreadable(told: str) -> None:
    assert reason(document(createdAt=told)).endswith("at `$.status.createdAt`")
    assert reason(document(updatedAt=told)).endswith("at `$.status.updatedAt`")


def test_the_error_is_told_rather_than_the_message() -> None:
    assert sighting(document(errorMessage="out of memory")).message == "out of memory"
    assert sighting(document(errorMessage="")).message == "Endpoint is ready"
    assert sighting(document(message=...)).message is None
    assert sighting(document(message={"text": "x"})).message is None


def test_an_unknown_status_is_kept_as_it_came() -> None:
    assert sighting(document(state="hibernating")).status == UnknownStatus("hibernating")


@pytest.mark.parametrize("field", ["readyReplica", "targetReplica", "url", "updatedAt", "createdBy", "updatedBy"])
def test_what_is_optional_may_be_missing_or_null(field: str) -> None:
    sighting(document(**{field: None}))
    sighting(document(**{field: ...}))


@pytest.mark.parametrize("url", ["ftp://x", "javascript:alert(1)", "h"])
def test_what_is_no_web_address_is_no_url(url: str) -> None:
    assert sighting(document(url=url)).url is None


@pytest.mark.parametrize(
    "field, value",
    [
        ("state", None),
        ("state", ""),
        ("state", 5),
        ("state", ["running"]),
        ("createdAt", 5),
        ("readyReplica", "1"),
        ("readyReplica", 1.5),
        ("readyReplica", True),
        ("readyReplica", -1),
        ("targetReplica", {}),
        ("targetReplica", 10**30),
        ("url", 5),
        ("updatedAt", {}),
    ],
)
def test_a_wrong_type_where_it_matters_makes_the_document_unreadable(field: str, value: Any) -> None:
    assert f"$.status.{field}" in reason(document(**{field: value}))


@pytest.mark.parametrize("field", ["state", "createdAt"])
def test_what_is_missing_where_it_matters_makes_the_document_unreadable(field: str) -> None:
    assert f"`{field}`" in reason(document(**{field: ...}))


def test_a_document_without_its_status_is_unreadable_and_masked_all_the_same() -> None:
    told = document() | {"status": ["running"]}

    read = reading(told)

    assert read.content == "Expected `object`, got `array` - at `$.status`"
    assert msgspec.json.decode(read.document)["model"]["secrets"] == {"DB": MARK}


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"name": "tgi", "x": "\xff"}', b'{"name": "tgi", "x": "\\ud800"}', b"[" * 100_000, b'{"a": 1e999}'],
)
def test_what_is_no_json_is_unreadable(raw: bytes) -> None:
    read = read_document(raw, NAME, Masker())

    assert isinstance(read.content, str)
    assert read.document == b"{}"


def test_json_that_is_no_object_is_unreadable() -> None:
    assert reading("endpoint tgi").content == "Expected `object`, got `str`"
    assert reading("endpoint tgi").document == b"{}"


def test_the_document_of_another_endpoint_is_not_taken_for_this_one() -> None:
    assert "$.name" in reason(document() | {"name": "other"})


@pytest.mark.parametrize("name", ["tgi", "a", "9-lives", "With.Dots_and-more"])
def test_a_name_is_read_even_where_nothing_else_can_be(name: str) -> None:
    assert read_name(encoded({"name": name, "status": 5}), "acme") == EndpointName("acme", name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a b", "a\n", "\x1b[2J", "é", "x" * 200, "hf_abcdefghijklmnop", None, 5, ["a"], {}],
)
def test_what_cannot_be_a_name_is_none(name: Any) -> None:
    assert read_name(encoded({"name": name}), "acme") is None


@given(documents())
def test_no_hidden_value_gets_beyond_the_edge(told: dict[str, Any]) -> None:
    told = planted(told, plain_markers()) | {"name": "tgi"}
    told["status"] = told["status"] if not isinstance(told.get("status"), dict) else _dated(told["status"])

    read = reading(told)

    shown = msgspec.json.encode(Masker().mask(told).document).decode()
    beyond = repr(read) + read.document.decode()
    assert not [marker for _, marker in leaves(told) if marker in beyond and marker not in shown]


@given(documents())
def test_no_token_gets_beyond_the_edge(told: dict[str, Any]) -> None:
    told = planted(told, token_markers()) | {"name": "tgi"}
    told["status"] = told["status"] if not isinstance(told.get("status"), dict) else _dated(told["status"])

    read = reading(told)

    assert "zqMARKER" not in repr(read) + read.document.decode()


def _dated(status: dict[str, Any]) -> dict[str, Any]:
    """Return the status with readable times: else hardly any of the documents were readable."""
    return status | {"createdAt": "2023-10-26T12:41:53Z", "updatedAt": "2023-10-26T12:41:53Z"}
