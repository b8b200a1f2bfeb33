"""Every address of Hugging Face's own API that a daemon serves."""

from service.web.hub.reading import endpoint, endpoints, whoami
from service.web.hub.relay import of_hub, of_metric, of_namespace
from service.web.hub.speech import Handler, spoken
from service.web.hub.writing import command, create, from_catalogue, update
from statemachine.machine import Command

NAMESPACE = "/v2/endpoint/{namespace}"
ENDPOINT = f"{NAMESPACE}/{{name}}"

HUB_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", NAMESPACE, spoken(endpoints)),
    ("GET", ENDPOINT, spoken(endpoint)),
    ("POST", NAMESPACE, spoken(create)),
    ("PUT", ENDPOINT, spoken(update)),
    ("DELETE", ENDPOINT, command(Command.DELETE)),
    ("POST", f"{ENDPOINT}/pause", command(Command.PAUSE)),
    ("POST", f"{ENDPOINT}/resume", command(Command.RESUME)),
    ("POST", f"{ENDPOINT}/scale-to-zero", command(Command.SCALE_TO_ZERO)),
    ("POST", f"{ENDPOINT}/metrics/{{metric}}", spoken(of_metric)),
    ("GET", f"{ENDPOINT}/{{rest:.+}}", spoken(of_namespace)),
    ("GET", "/v2/provider/{namespace}", spoken(of_namespace)),
    ("GET", "/v2/audit-logs/{namespace}", spoken(of_namespace)),
    ("GET", "/v3/endpoint/{namespace}/{rest:.+}", spoken(of_namespace)),
    ("GET", "/api/whoami-v2", spoken(whoami)),
    ("GET", "/api/organizations/{organisation}/members", spoken(of_hub)),
    ("GET", "/api/catalog/{rest:.+}", spoken(of_hub)),
    ("GET", "/api/v1/catalog/{rest:.+}", spoken(of_hub)),
    ("POST", "/api/catalog/{rest:.+}", spoken(from_catalogue)),
    ("POST", "/api/v1/catalog/{rest:.+}", spoken(from_catalogue)),
)
