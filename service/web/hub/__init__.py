"""Hugging Face's own API, served from the log: its clients run unchanged, and what they ask costs nothing upstream.

What the watcher knows is answered from its masked documents (`reading`); what it does not know (logs, metrics,
replicas, prices, members) is handed on with the caller's own token, as it came (`relay`); a write is a command of the
caller (`writing`). What the caller's token names and nobody watches here can be read: upstream, with that token.
"""

from service.web.hub.routes import HUB_ROUTES
from service.web.hub.writing import CATALOGUE

__all__ = ["CATALOGUE", "HUB_ROUTES"]
