"""A person at work with the real `huggingface_hub`: run as a program, with the simulator's URL as its one argument.

Between its steps it waits until the daemon has looked some times, so that there is something to be seen; where it
hurries, the daemon sees only that something was skipped.
"""

import sys
from typing import Any

import huggingface_hub.constants
from huggingface_hub import HfApi, InferenceEndpoint
from huggingface_hub.errors import HfHubHTTPError

from tests.e2e.calls import call
from tests.e2e.clients.cases import LEAST
from tests.e2e.processes import wait_until

HARDWARE: dict[str, Any] = LEAST | {"type": "public"}
QUICKLY: Any = 0.1  # the client says int, and takes any number


class Person:
    """Someone with a token, and patience measured in the daemon's looks."""

    def __init__(self, url: str) -> None:
        huggingface_hub.constants.INFERENCE_ENDPOINTS_ENDPOINT = f"{url}/v2"
        self.api = HfApi(token="hf_alice", endpoint=url)
        self.url = url

    def create(self, name: str) -> InferenceEndpoint:
        return self.api.create_inference_endpoint(name, namespace="acme", **HARDWARE)

    def dwell(self) -> None:
        """Let the daemon look some times."""
        wanted = self._looks() + 3
        wait_until(lambda: self._looks() >= wanted)

    def gone(self, endpoint: InferenceEndpoint) -> None:
        """Delete it, and wait until the API no longer tells it."""
        endpoint.delete()
        wait_until(lambda: self._missing(endpoint.name))

    def _looks(self) -> int:
        requests = call(f"{self.url}/_simulator/requests").json
        return sum(one["user"] == "robot" and one["path"] == "/v2/endpoint/acme" for one in requests)

    def _missing(self, name: str) -> bool:
        try:
            self.api.get_inference_endpoint(name, namespace="acme")
        except HfHubHTTPError as error:
            return error.response.status_code == 404
        return False


def main(url: str) -> None:
    """Live a day."""
    person = Person(url)
    chat, sums = person.create("chat"), person.create("sums")
    chat.wait(timeout=30, refresh_every=QUICKLY)
    sums.pause()
    person.dwell()
    chat.resume()  # it runs already: the client takes the refusal for an answer
    try:
        chat.resume(running_ok=False)
    except HfHubHTTPError as error:
        assert "already running" in str(error)  # noqa: PT017
    chat.update(min_replica=1, max_replica=2, secrets={"KEY": "hf_thisIsVerySecret"})
    chat.wait(timeout=30, refresh_every=QUICKLY)
    chat.scale_to_zero()
    person.dwell()
    chat.resume().wait(timeout=30, refresh_every=QUICKLY)
    chat.pause()
    chat.resume()  # at once: perhaps nobody sees the pause
    chat.wait(timeout=30, refresh_every=QUICKLY)
    person.gone(chat)
    person.dwell()
    person.create("chat").wait(timeout=30, refresh_every=QUICKLY)
    person.gone(sums)
    sums = person.create("sums")  # perhaps before anyone has seen that it was gone
    person.dwell()
    sums.pause()
    person.gone(person.create("brief"))


if __name__ == "__main__":
    main(sys.argv[1])
