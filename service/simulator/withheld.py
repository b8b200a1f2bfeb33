"""What the API keeps back: a namespace from a token that it refuses or that lacks the right, and metrics there are not.

Both stand between the wire and the routes, so that they hold for every route, whatever it answers otherwise.
"""

import json
import re
from typing import Any

from service.simulator.answers import Answer, Call, Respond, error_answer, json_answer
from service.simulator.rights import is_write
from service.simulator.simulator import Simulator

METRICS = re.compile(r"/(metrics/[^/]+|open-metrics)$")


def withheld(respond: Respond) -> Respond:
    """Return a route that answers as this one, but for what is kept back."""

    def answer(simulator: Simulator, call: Call) -> Answer:
        simulator.people.check(call.token, call.params.get("namespace", ""), writes=is_write(call.method, call.path))
        given = respond(simulator, call)
        kind = simulator.faults.no_metrics.get((call.params.get("namespace", ""), call.params.get("name", "")))
        return _without_metrics(given, kind) if kind and METRICS.search(call.path) and given.status == 200 else given

    return answer


def _without_metrics(given: Answer, kind: str) -> Answer:
    match kind:
        case "404":
            return error_answer(404, "Not Found: no metrics for this endpoint")
        case "501":
            return error_answer(501, "Not Implemented: metrics are not enabled for this endpoint")
        case _ if given.content_type != "application/json":
            return Answer(status=200, body=b"# EOF\n", content_type=given.content_type, headers=given.headers)
        case "empty":
            return json_answer([])
        case _:
            return json_answer([_newer_half(series) for series in json.loads(given.body)])


def _newer_half(series: dict[str, Any]) -> dict[str, Any]:
    return {**series, "values": series["values"][len(series["values"]) // 2 :]}
