from pathlib import Path

import pytest
from yarl import URL

from service.huggingface.limits import Limits
from service.huggingface.session import Proxies, open_session, user_agent
from service.ports import HubError


def test_the_proxy_variables_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://joe:pw@proxy.corp:3128")
    monkeypatch.setenv("http_proxy", "proxy.corp:8080")
    monkeypatch.setenv("no_proxy", "inside.corp,localhost")
    proxy = Proxies()

    assert proxy(URL("https://huggingface.co/api")) == URL("http://joe:pw@proxy.corp:3128")
    assert proxy(URL("http://huggingface.co/")) == URL("http://proxy.corp:8080")
    assert proxy(URL("https://inside.corp/")) is None


@pytest.mark.parametrize(
    "wrong", ["socks5://joe:pw@proxy:1080", "http://joe:pw@proxy:99999", "http://[joe:pw", "http://"]
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password_and_never_passed_by(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("https_proxy", wrong)

    with pytest.raises(HubError, match="https_proxy is not the URL of an HTTP proxy") as raised:
        Proxies()(URL("https://huggingface.co/api"))

    assert "pw" not in str(raised.value)


def test_without_proxy_variables_the_way_is_straight() -> None:
    assert Proxies()(URL("https://huggingface.co")) is None


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", None])
async def test_a_file_of_certificates_that_cannot_be_read_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str | None
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    missing = tmp_path / f"{variable}.pem"
    if variable:
        monkeypatch.setenv(variable, str(missing))

    with pytest.raises(HubError, match=str(missing)):
        open_session(Limits(), None if variable else missing)


async def test_a_session_says_who_we_are_and_keeps_no_cookies() -> None:
    async with open_session(Limits(), None) as session:
        assert session.headers["User-Agent"] == user_agent()
        assert session.trust_env is False
    assert user_agent().startswith("lamplighter")
