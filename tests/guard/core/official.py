"""The fields that the installed official SDK knows, to hold our shapes against."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pydantic


def fields_of(*models: type[pydantic.BaseModel]) -> dict[str, list[Any]]:
    """Field -> its annotations, over all the models that one of our shapes stands for."""
    fields: dict[str, list[Any]] = {}
    for model in models:
        for name, field in model.model_fields.items():
            fields.setdefault(name, []).append(field.annotation)
    return fields


def fields_of_shape(shape: type[msgspec.Struct]) -> dict[str, list[Any]]:
    hints = typing.get_type_hints(shape)
    fields = {name: [hints[name]] for name in shape.__struct_fields__}
    tag = shape.__struct_config__.tag
    return {**fields, "type": [typing.Literal[tag]]} if tag is not None else fields


def literals(annotation: Any) -> Iterator[str]:
    """The fixed strings that an annotation allows, not looking into objects."""
    if typing.get_origin(annotation) is typing.Literal:
        yield from (value for value in typing.get_args(annotation) if isinstance(value, str))
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated, list):
        for part in typing.get_args(annotation):
            yield from literals(part)


def differences(
    shape: type[msgspec.Struct], *models: type[pydantic.BaseModel], open_ended: set[str]
) -> list[str]:
    """What the SDK's models and our shape do not agree on; ``open_ended`` fields list well-known values only."""
    ours, official = fields_of_shape(shape), fields_of(*models)
    found = [f"{shape.__name__}.{name}" for name in ours.keys() ^ official.keys()]
    for name in (ours.keys() & official.keys()) - open_ended:
        mine = {value for annotation in ours[name] for value in literals(annotation)}
        theirs = {value for annotation in official[name] for value in literals(annotation)}
        if mine != theirs:
            found.append(f"{shape.__name__}.{name}: {sorted(mine ^ theirs)}")
    return found
