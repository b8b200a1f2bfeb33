"""The documents that create and update an endpoint, from keywords with the names of the official client.

Pure. What is sent for a keyword is what the official client sends for it; a test compares the two.
"""

from collections.abc import Mapping
from typing import Any, Unpack

from service.documents.keywords import Creation, Update

Path = tuple[str, ...]


# Where a keyword's value goes as it is.
_PLACES: Mapping[str, Path] = {
    "name": ("name",),
    "type": ("type",),
    "region": ("provider", "region"),
    "vendor": ("provider", "vendor"),
    "accelerator": ("compute", "accelerator"),
    "instance_size": ("compute", "instanceSize"),
    "instance_type": ("compute", "instanceType"),
    "min_replica": ("compute", "scaling", "minReplica"),
    "max_replica": ("compute", "scaling", "maxReplica"),
    "scale_to_zero_timeout": ("compute", "scaling", "scaleToZeroTimeout"),
    "repository": ("model", "repository"),
    "framework": ("model", "framework"),
    "revision": ("model", "revision"),
    "task": ("model", "task"),
    "container_command": ("model", "command"),
    "container_args": ("model", "args"),
    "env": ("model", "env"),
    "secrets": ("model", "secrets"),
    "domain": ("route", "domain"),
    "path": ("route", "path"),
    "cache_http_responses": ("cacheHttpResponses",),
    "tags": ("tags",),
}

# The engines that know how many accelerators share a model, and how many copies of it run.
_PARALLEL: Mapping[str, tuple[str, frozenset[str]]] = {
    "tensor_parallel_size": ("tensorParallelSize", frozenset({"vLLM", "sGLang"})),
    "data_parallel_size": ("dataParallelSize", frozenset({"vLLM"})),
}


def update_document(**given: Unpack[Update]) -> dict[str, Any]:
    """Return the partial document of an update; raise ValueError for what cannot be meant."""
    _check_known(given, Update)
    document: dict[str, Any] = {}
    for keyword, value in given.items():
        if keyword in _PLACES and value is not None:
            _put(document, _PLACES[keyword], value)
    _put_measure(document, given)
    image = _image(given.get("custom_image"))
    sizes = {keyword: given[keyword] for keyword in _PARALLEL if given.get(keyword) is not None}  # type: ignore[literal-required]
    if image is not None:
        _put(document, ("model", "image"), _parallel(image, sizes))
    elif sizes:
        raise ValueError(
            f"{' and '.join(sizes)} cannot be sent alone: the API wants the image as a whole, and what can be read of "
            "the present one is masked; give the full custom_image, too"
        )
    return document


def create_document(**given: Unpack[Creation]) -> dict[str, Any]:
    """Return the whole document of a creation; raise ValueError for what cannot be meant."""
    _check_known(given, Creation)
    if missing := Creation.__required_keys__ - given.keys():
        raise TypeError(f"an endpoint cannot be created without {sorted(missing)}")
    if given.get("type") == "protected":
        raise ValueError("type 'protected' is no more: it is called 'authenticated' now")
    document: dict[str, Any] = {
        "type": "authenticated",
        "compute": {"scaling": {"minReplica": 1, "maxReplica": 1, "scaleToZeroTimeout": None}},
        "model": {"revision": None, "image": _new_image(given)},
    }
    for keyword, value in given.items():
        absent = value is None or (keyword in {"env", "secrets"} and not value)
        if keyword in _PLACES and not absent:
            _put(document, _PLACES[keyword], value)
    _put_measure(document, given)
    _put_private_link(document, given)
    return document


def _put(document: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        document = document.setdefault(key, {})
    document[path[-1]] = value


def _put_measure(document: dict[str, Any], given: Update | Creation) -> None:
    if metric := given.get("scaling_metric"):
        _put(document, ("compute", "scaling", "measure"), {metric: given.get("scaling_threshold")})


def _put_private_link(document: dict[str, Any], given: Creation) -> None:
    account, region = given.get("private_link_account_id"), given.get("private_link_region")
    if account is None:
        return
    if region is None:
        raise ValueError("private_link_account_id needs private_link_region: us-east-1 or eu-west-1")
    document["privateService"] = {"accountId": account, "region": region}


def _image(custom: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the image by its variant: what has a `url` at its top is a container of one's own."""
    if custom is None:
        return None
    return {"custom": dict(custom)} if "url" in custom else dict(custom)


def _new_image(given: Creation) -> dict[str, Any]:
    image = _image(given.get("custom_image"))
    username, password = given.get("container_registry_username"), given.get("container_registry_password")
    if password is not None and username is None:
        raise ValueError("container_registry_password needs container_registry_username")
    if username is None:
        return {"huggingface": {}} if image is None else image
    container = None if image is None else image.get("custom")
    if image is None or not isinstance(container, Mapping):
        raise ValueError(
            "container_registry_username needs a custom_image with its url: only a container has a registry"
        )
    credentials = {"username": username} | ({} if password is None else {"password": password})
    return {**image, "custom": {**container, "credentials": credentials}}


def _parallel(image: dict[str, Any], sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the image with the sizes in its engine; an engine that would drop them silently is refused."""
    for keyword, size in sizes.items():
        key, engines = _PARALLEL[keyword]
        engine = next(iter(image), None)
        if engine not in engines:
            raise ValueError(
                f"{keyword} is not known to be a setting of the image {engine!r}, but of {sorted(engines)}: the API "
                f"drops what an engine does not know; if this one does, write {key} into custom_image"
            )
        image = {engine: {**image[engine], key: size}}
    return image


def _check_known(given: Mapping[str, Any], keywords: Any) -> None:
    if unknown := given.keys() - keywords.__annotations__.keys():
        raise TypeError(f"unknown keywords {sorted(unknown)}; known are {sorted(keywords.__annotations__)}")
