"""What is taken from inside `huggingface_hub`, so that one place shows it when a release moves something.

All of it is documented there; that the library does not declare these names as exported is an omission of its types.
"""

from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    hf_raise_for_status,
    parse_datetime,
)

# What a request raises that got no answer: httpx.HTTPError up to huggingface_hub 1.x, httpx2.HTTPError from 2.0 on.
NoAnswer: type[Exception] = HfHubHTTPError.__mro__[1]

__all__ = ["HfHubHTTPError", "NoAnswer", "build_hf_headers", "hf_raise_for_status", "parse_datetime"]
