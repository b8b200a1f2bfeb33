"""One scenario for every release of the official client: run as a program where that release is installed.

It imports `huggingface_hub` and the standard library alone, and the cases beside it. HF_ENDPOINT says where Hugging
Face is, or what stands for it, SIMULATOR_URL where the simulator is, HF_TOKEN who walks. What it finds it prints as
JSON; what those findings should be, the test says.
"""

import asyncio
import json
import os
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable
from itertools import count
from typing import Any

import huggingface_hub
from huggingface_hub import (
    HfApi,
    InferenceClient,
    InferenceEndpoint,
    InferenceEndpointError,
)
from huggingface_hub.errors import HfHubHTTPError, TextGenerationError

from tests.e2e.clients.cases import CREATE, LEAST, UPDATE, Case, Json, each

URL = os.environ["HF_ENDPOINT"]
SIMULATOR = os.environ["SIMULATOR_URL"]
QUICKLY: Any = 0.02  # the client says int, and takes any number
SOON: Any = 0.2
PROMPT = "a parrot says what it hears"
MESSAGES: list[Any] = [{"role": "user", "content": PROMPT}]


class Walk:
    """Someone with a token who tries everything; each step returns what was found."""

    def __init__(self) -> None:
        self.api = HfApi(endpoint=URL, token=os.environ["HF_TOKEN"])
        self.me: str = self.api.whoami()["name"]

    # --- from deploy to running ------------------------------------------------------------------------------------

    def deploy(self) -> Json:
        endpoint = self._create("main", min_replica=0, max_replica=2, scale_to_zero_timeout=600)
        early = [endpoint.status, refusal(lambda: endpoint.client)]
        endpoint.wait(timeout=60, refresh_every=QUICKLY)
        described = self._get("main")
        shown = [
            described.name,
            described.namespace,
            described.repository,
            described.status,
            described.raw == endpoint.raw,
        ]
        return {"early": early, "described": shown, "listed": [one.name for one in self.api.list_inference_endpoints()]}

    def waits(self) -> Json:
        self._sow("fails", fate="fails")
        self._sow("sticks", fate="stuck")
        self._sow("breaks", state="running")
        self._act("breaks", "update", fate="fails")
        broken = self._get("breaks")
        return {
            "start fails": refusal(lambda: self._get("fails").wait(timeout=60, refresh_every=QUICKLY)),
            "times out": refusal(lambda: self._get("sticks").wait(timeout=SOON, refresh_every=QUICKLY)),
            "update fails": refusal(lambda: broken.wait(timeout=60, refresh_every=QUICKLY)),
        }

    def conflicts(self) -> Json:
        self._ask("faults", {"bad_tokens": ["hf_mallory"]})
        return {
            "taken": refusal(lambda: self._create("main")),
            "bad name": refusal(lambda: self._create("Bad_Name")),
            "unknown": refusal(lambda: self._get("nothing")),
            "bad type": refusal(lambda: self.api.update_inference_endpoint("main", tags="one")),  # type: ignore[arg-type]
            "bad token": refusal(
                lambda: self.api.get_inference_endpoint("main", namespace=self.me, token="hf_mallory")
            ),
        }

    # --- inference -------------------------------------------------------------------------------------------------

    def infers(self) -> Json:
        client = self._get("main").client
        chat = client.chat_completion(MESSAGES, max_tokens=3)
        streamed = client.chat_completion(MESSAGES, max_tokens=3, stream=True)
        detailed = client.text_generation(PROMPT, max_new_tokens=3, details=True)
        return {
            "text": client.text_generation(PROMPT, max_new_tokens=3),
            "details": [detailed.details.finish_reason, len(detailed.details.tokens)] if detailed.details else None,
            "text streamed": list(client.text_generation(PROMPT, max_new_tokens=3, stream=True)),
            "chat": [chat.choices[0].message.content, chat.choices[0].finish_reason, chat.usage.completion_tokens],
            "chat streamed": [part.choices[0].delta.content for part in streamed],
            "refused": refusal(lambda: client.text_generation("")),
        }

    def infers_asynchronously(self) -> Json:
        return asyncio.run(self._infers_asynchronously())

    async def _infers_asynchronously(self) -> Json:
        client: Any = self._get("main").async_client
        chat = await client.chat_completion(MESSAGES, max_tokens=3)
        streamed = await client.chat_completion(MESSAGES, max_tokens=3, stream=True)
        text = await client.text_generation(PROMPT, max_new_tokens=3, stream=True)
        found = {
            "text": await client.text_generation(PROMPT, max_new_tokens=3),
            "text streamed": [part async for part in text],
            "chat": chat.choices[0].message.content,
            "chat streamed": [part.choices[0].delta.content async for part in streamed],
        }
        if hasattr(client, "close"):
            await client.close()
        return found

    # --- pause, resume, sleep --------------------------------------------------------------------------------------

    def pauses(self) -> Json:
        endpoint = self._get("main")
        running = [endpoint.resume().status, refusal(lambda: endpoint.resume(running_ok=False))]
        paused = [endpoint.pause().status, endpoint.url, refusal(lambda: endpoint.client)]
        resumed = endpoint.resume().status in {"pending", "initializing"}
        endpoint.wait(timeout=60, refresh_every=QUICKLY)
        return {"running": running, "paused": paused, "resumed": resumed, "again": endpoint.status}

    def sleeps(self) -> Json:
        endpoint = self._get("main")
        asleep = endpoint.scale_to_zero().status
        client = endpoint.client
        unanswered = refusal(lambda: client.text_generation(PROMPT))
        woken = soon(lambda: endpoint.fetch().status in {"pending", "initializing", "running"})
        endpoint.wait(timeout=60, refresh_every=QUICKLY)
        answered = client.text_generation(PROMPT, max_new_tokens=2)
        endpoint.scale_to_zero()
        patient = InferenceClient(
            model=endpoint.url, token=os.environ["HF_TOKEN"], headers={"X-Scale-Up-Timeout": "3600"}
        )
        return {
            "asleep": asleep,
            "unanswered": unanswered,
            "woken": woken,
            "answered": answered,
            "held": patient.text_generation(PROMPT, max_new_tokens=2),
        }

    # --- every parameter -------------------------------------------------------------------------------------------

    def creates_with_everything(self) -> Json:
        found, numbers = Cases(), count()
        for name, case in each(HfApi.create_inference_endpoint, CREATE):
            found.add(name, case, lambda said: self._create(f"every-{next(numbers)}", **said).raw)
        return found.told()

    def updates_everything(self) -> Json:
        found = Cases()
        self._sow("changes", state="paused")
        for name, case in each(HfApi.update_inference_endpoint, UPDATE):
            found.add(name, case, lambda said: self.api.update_inference_endpoint("changes", **said).raw)
        return found.told()

    def updates_what_it_holds(self) -> Json:
        """Update everything that an endpoint object's own method has, and wait for one that runs."""
        found = Cases()
        endpoint = self._get("changes")
        for name, case in each(InferenceEndpoint.update, UPDATE):
            found.add(name, case, lambda said: endpoint.update(**said).raw)
        main = self._get("main").wait(timeout=60, refresh_every=QUICKLY)
        updating = main.update(max_replica=4).status
        main.wait(timeout=60, refresh_every=QUICKLY)
        return {**found.told(), "running": [updating, main.status, main.raw["compute"]["scaling"]["maxReplica"]]}

    # --- around the endpoints --------------------------------------------------------------------------------------

    def looks_around(self) -> Json:
        hardware: Any = getattr(self.api, "list_inference_endpoints_hardware", None)
        prices = None if hardware is None else {one.id: one.price_per_hour for one in hardware()}
        return {
            "price": None if prices is None else prices["aws-us-east-1-nvidia-l4-x1"],
            "members": [one.username for one in self.api.list_organization_members("acme")],
            "catalogue": refusal(self.api.list_inference_catalog),
            "from catalogue": refusal(
                lambda: self.api.create_inference_endpoint_from_catalog("gpt2", namespace=self.me)
            ),
        }

    def deletes(self) -> Json:
        endpoint = self._get("main")
        endpoint.delete()
        soon(lambda: refusal(endpoint.fetch) is not None)
        return {"gone": refusal(endpoint.fetch)}

    # --- its hands -------------------------------------------------------------------------------------------------

    def _create(self, name: str, **said: Any) -> InferenceEndpoint:
        return self.api.create_inference_endpoint(name, **{**LEAST, **said})

    def _get(self, name: str) -> InferenceEndpoint:
        return self.api.get_inference_endpoint(name)

    def _sow(self, name: str, **what: Any) -> None:
        self._ask("create", {"namespace": self.me, "name": name, "type": "public", **what})

    def _act(self, name: str, verb: str, **what: Any) -> None:
        self._ask("act", {"namespace": self.me, "name": name, "verb": verb, **what})

    def _ask(self, what: str, body: Json) -> None:
        data = json.dumps(body).encode()
        with urllib.request.urlopen(f"{SIMULATOR}/_simulator/{what}", data=data, timeout=10) as answer:  # noqa: S310 - http
            answer.read()
        if SIMULATOR != URL:  # who watches shall see it at once
            look = urllib.request.Request(  # noqa: S310 - http
                f"{URL}/v2/endpoint/{self.me}?fresh=1", headers={"Authorization": f"Bearer {os.environ['HF_TOKEN']}"}
            )
            with urllib.request.urlopen(look, timeout=10) as answer:  # noqa: S310 - http
                answer.read()


class Cases:
    """What came of every parameter's case."""

    def __init__(self) -> None:
        self.right: list[str] = []
        self.wrong: Json = {}
        self.without_case: list[str] = []

    def add(self, name: str, case: Case | None, act: Callable[[Json], Json]) -> None:
        """Try one parameter: say it, and compare what is told."""
        if case is None:
            self.without_case.append(name)
            return
        mismatch = case.mismatch(act({**case.beside, name: case.value}))
        if mismatch is None:
            self.right.append(name)
        else:
            self.wrong[name] = mismatch

    def told(self) -> Json:
        return {"right": self.right, "wrong": self.wrong, "without a case": self.without_case}


def refusal(act: Callable[[], Any]) -> Any:
    """Return how it was refused: the status code and what the server said, or the error's name; None if it was not."""
    try:
        act()
    except (InferenceEndpointError, TextGenerationError) as error:
        return type(error).__name__
    except HfHubHTTPError as error:
        return [error.response.status_code, json.loads(error.response.text)["error"]]
    return None


def soon(holds: Callable[[], bool]) -> bool:
    """Return whether it comes to hold within some seconds: a delete takes its time, and so does a look."""
    until = time.monotonic() + 20
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(QUICKLY)
    return held


def main() -> None:
    """Walk, and print what was found."""
    warnings.simplefilter("ignore")
    walk = Walk()
    steps = [
        walk.deploy,
        walk.waits,
        walk.conflicts,
        walk.infers,
        walk.infers_asynchronously,
        walk.pauses,
        walk.sleeps,
        walk.creates_with_everything,
        walk.updates_everything,
        walk.updates_what_it_holds,
        walk.looks_around,
        walk.deletes,
    ]
    found: Json = {"version": huggingface_hub.__version__}
    for step in steps:
        began = time.monotonic()
        found[step.__name__] = step()
        sys.stderr.write(f"{step.__name__}: {time.monotonic() - began:.2f} s\n")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
