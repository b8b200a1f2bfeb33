"""Where the API is: said, or as the environment says, or Hugging Face."""

import pytest

from service.client.place import find_place


def test_without_a_word_it_is_hugging_face() -> None:
    place = find_place(None, hub_url=None, daemon=None)

    assert place.endpoint("acme", "tgi") == "https://api.endpoints.huggingface.cloud/v2/endpoint/acme/tgi"
    assert (place.hub, place.daemon) == ("https://huggingface.co", False)


def test_the_environment_names_a_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_URL", "127.0.0.1:8787")

    place = find_place(None, hub_url=None, daemon=None)

    assert (place.api, place.hub, place.daemon) == ("http://127.0.0.1:8787", "http://127.0.0.1:8787", True)
    assert find_place("https://sim.example", hub_url=None, daemon=None).api == "https://sim.example"


@pytest.mark.parametrize("url", ["http://d.example/v2", "http://d.example/v2/", "http://d.example/", "d.example"])
def test_the_constant_of_the_official_client_is_understood(url: str) -> None:
    assert find_place(url, hub_url=None, daemon=None).endpoint("a") == "http://d.example/v2/endpoint/a"


def test_a_daemon_behind_a_path_is_found_there() -> None:
    place = find_place("https://d.example/lamp", hub_url="https://hub.example/", daemon=False)

    assert place.wait("a b", "c/d") == "https://d.example/lamp/api/endpoints/a%20b/c%2Fd/wait"
    assert (place.hub, place.daemon) == ("https://hub.example", False)


@pytest.mark.parametrize("url", ["ftp://d.example", "http://", "file:///etc"])
def test_what_is_no_url_of_an_api_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of an API"):
        find_place(url, hub_url=None, daemon=None)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    """`DELETE /v2/endpoint/acme/` is not the deletion of an endpoint."""
    with pytest.raises(ValueError, match="is not the name of an endpoint"):
        find_place(None, hub_url=None, daemon=None).endpoint("acme", name)
