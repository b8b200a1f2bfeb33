"""The client of Hugging Face's Inference Endpoints API: the ports `Reader`, `Inspector` and `Writer`, over HTTP.

`HuggingFace` looks; `ActingHuggingFace` also writes, to the namespaces that it was built for, and is not built at all
in observe mode. Secrets in documents are masked here, before anything else sees them.
"""

from service.huggingface.acting import ActingHuggingFace, ObserveOnly, SignedByCaller
from service.huggingface.client import HuggingFace
from service.huggingface.limits import Limits
from service.huggingface.tokens import Token, Tokens, saved_login
from service.huggingface.watching import API_URL, HUB_URL

__all__ = [
    "API_URL",
    "HUB_URL",
    "ActingHuggingFace",
    "HuggingFace",
    "Limits",
    "ObserveOnly",
    "SignedByCaller",
    "Token",
    "Tokens",
    "saved_login",
]
