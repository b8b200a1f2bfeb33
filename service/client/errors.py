"""What can go wrong with an endpoint, below the official errors, so that clauses written for those still catch.

    huggingface_hub.InferenceEndpointError
    ├── huggingface_hub.InferenceEndpointTimeoutError    the time is over; also a TimeoutError
    ├── InferenceEndpointFailed                          its start or update failed
    ├── InferenceEndpointPaused                          it is paused, and nobody resumes it
    ├── InferenceEndpointGone                            it is not there; also the HfHubHTTPError of the 404
    └── InferenceEndpointUnreadable                      the answer is not what it should be; also a ValueError

An answer of 4xx or 5xx is the official HfHubHTTPError with its `response`, raised by the official code: programs tell
404 from 409 by `error.response.status_code`, and no other error has that.
"""

from huggingface_hub import InferenceEndpointError

from service.client.official import HfHubHTTPError


class InferenceEndpointFailed(InferenceEndpointError):
    """Its start or its last update failed: waiting longer is no use."""


class InferenceEndpointPaused(InferenceEndpointError):
    """It is paused: waiting is no use until somebody resumes it."""


class InferenceEndpointGone(InferenceEndpointError, HfHubHTTPError):
    """There is no such endpoint, or the token does not see it. `response` is the 404, as in any HfHubHTTPError."""


class InferenceEndpointUnreadable(InferenceEndpointError, ValueError):
    """A good answer is not the document that it should be."""
