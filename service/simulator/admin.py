"""`/_simulator/…`: the simulator's own ways in, for those who run it as a process of its own. No faults, no tokens."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from service.simulator.answers import Answer, Call, Respond, json_answer
from service.simulator.asked import Doing, Grant, Payment, Refusal, read
from service.simulator.bill import UNITS_PER_USD, Charge, charges, charges_by_minute
from service.simulator.errors import Malformed
from service.simulator.past import instant
from service.simulator.scenario.terms import Access, Endpoint
from service.simulator.simulator import Request, Simulator


def history(simulator: Simulator, _call: Call) -> Answer:
    """Answer every change of status so far."""
    return json_answer([_json(asdict(happening)) for happening in simulator.history])


def requests(simulator: Simulator, _call: Call) -> Answer:
    """Answer the log of requests."""
    return json_answer([_request(request) for request in simulator.requests])


def endpoints(simulator: Simulator, _call: Call) -> Answer:
    """Answer what is true of every endpoint, hidden ones too."""
    now = simulator.now()
    return json_answer(
        [
            {
                "namespace": life.namespace,
                "name": life.name,
                "created_at": life.created_at.isoformat(),
                "status": life.state.value,
                "ready_replicas": life.ready_replicas(now),
                "target_replicas": life.target_replicas,
                "answers": life.answers(now),
                "hidden": life.hidden,
                "document": life.document,
            }
            for life in simulator.truth.everything()
        ]
    )


def bill(simulator: Simulator, call: Call) -> Answer:
    """Answer what is owed: `namespace?, name?, from?, to?` (instants), `minutes=1` for a charge each minute."""
    now = simulator.now()
    stretches = simulator.stretches(call.argument("namespace"), call.argument("name"))
    since = _instant(call, "from") or min((one.since for one in stretches), default=now)
    until = min(_instant(call, "to") or now, now)
    owed = (charges_by_minute if call.argument("minutes") == "1" else charges)(stretches, since, until)
    told = [_charge(charge) for charge in owed]
    units = sum(charge.units for charge in charges(stretches, since, until))
    return json_answer({"usd": str(Decimal(units) / UNITS_PER_USD), "charges": told})


def replicas(simulator: Simulator, _call: Call) -> Answer:
    """Answer every change of how many replicas there shall be, and of their hardware."""
    return json_answer([_json(asdict(sized)) for sized in simulator.replica_history])


def act(simulator: Simulator, call: Call) -> Answer:
    """Do something to an endpoint, now or later."""
    asked = read(Doing, call)
    what = asked.model_dump(exclude={"in_seconds"})
    if asked.in_seconds is None:
        simulator.act(**what)
    else:
        simulator.at(simulator.now() + timedelta(seconds=asked.in_seconds), **what)
    return json_answer({"status": simulator.status(asked.namespace, asked.name)})


def create(simulator: Simulator, call: Call) -> Answer:
    """Create an endpoint, or several, as a scenario does; tell when the first came to be."""
    asked = read(Endpoint, call)
    created_at, *_ = [simulator.create(name=name, **asked.creation) for name in asked.names]
    return json_answer({"created_at": created_at.isoformat()})


def faults(simulator: Simulator, call: Call) -> Answer:
    """Set knobs, and answer all of them."""
    asked = call.document()
    if not isinstance(asked, dict):
        raise Malformed("the body: expected an object of faults")
    simulator.faults.turn(asked)
    return json_answer(simulator.faults.told())


def grant(simulator: Simulator, call: Call) -> Answer:
    """Hold a token to namespaces."""
    asked = read(Grant, call)
    simulator.grant(asked.token, *asked.namespaces)
    return json_answer({})


def revoke(simulator: Simulator, call: Call) -> Answer:
    """Take a namespace from a token."""
    asked = read(Access, call)
    simulator.revoke(asked.token, asked.namespace)
    return json_answer({})


def pay(simulator: Simulator, call: Call) -> Answer:
    """Say what a namespace paid in advance, in all."""
    asked = read(Payment, call)
    simulator.credits.pay(asked.namespace, asked.credits_usd)
    return json_answer({})


def refuse(simulator: Simulator, call: Call) -> Answer:
    """Answer a token with 401 or 403 in a namespace, or no longer."""
    asked = read(Refusal, call)
    simulator.refuse(asked.token, asked.namespace, asked.code)
    return json_answer({})


ROUTES: tuple[tuple[str, str, Respond], ...] = (
    ("GET", "/_simulator/history", history),
    ("GET", "/_simulator/requests", requests),
    ("GET", "/_simulator/endpoints", endpoints),
    ("GET", "/_simulator/bill", bill),
    ("GET", "/_simulator/replicas", replicas),
    ("POST", "/_simulator/credits", pay),
    ("POST", "/_simulator/act", act),
    ("POST", "/_simulator/create", create),
    ("POST", "/_simulator/faults", faults),
    ("POST", "/_simulator/grant", grant),
    ("POST", "/_simulator/revoke", revoke),
    ("POST", "/_simulator/refuse", refuse),
)


def _request(request: Request) -> dict[str, Any]:
    return {**_json(asdict(request)), "write": request.write}


def _charge(charge: Charge) -> dict[str, Any]:
    """Tell the exact whole number beside dollars: whoever adds up can do so without rounding."""
    return {
        "namespace": charge.namespace,
        "name": charge.name,
        "created_at": charge.created_at.isoformat(),
        "from": charge.since.isoformat(),
        "to": charge.until.isoformat(),
        "seconds": charge.billed.total_seconds(),
        "replica_seconds": charge.replica_time.total_seconds(),
        "replicas": charge.replicas,
        "units": charge.units,
        "usd": str(charge.usd),
    }


def _instant(call: Call, name: str) -> datetime | None:
    text = call.argument(name)
    return None if text is None else instant(text.replace(" ", "+"), name)  # a + that was not escaped


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
