"""What `model.image` may be: a union, of which exactly one variant is there.

Known from the official client's own comments: every variant but the managed ones needs a `url`, new variants come with
new engines, and `model.task` may be left out but never be null, unlike `revision`. Assumed: the wording of a refusal.
"""

from typing import Any

MANAGED = frozenset({"huggingface", "huggingfaceNeuron"})  # the platform's own images


def complaints_of(model: Any) -> list[str]:
    """Say what is wrong with a model's image and task, as far as they are there and of the right type."""
    if not isinstance(model, dict):
        return []
    null_task = ["invalid type for `model.task`: null, expected str"] if model.get("task", "") is None else []
    image = model.get("image")
    return [*null_task, *(_variants(image) if isinstance(image, dict) else [])]


def _variants(image: dict[str, Any]) -> list[str]:
    if len(image) != 1:
        return [f"`model.image` must hold exactly one variant, such as `huggingface` or `custom`, not {sorted(image)}"]
    [(variant, settings)] = image.items()
    if not isinstance(settings, dict):
        return [f"invalid type for `model.image.{variant}`: {type(settings).__name__}, expected an object"]
    if variant not in MANAGED and not isinstance(settings.get("url"), str):
        return [f"missing field `model.image.{variant}.url`"]
    return []
