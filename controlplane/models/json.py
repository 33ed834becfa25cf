"""JSON columns that are never null: an emptied box in a form means the field's default."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from django.db import models


class StorableJSON(json.JSONDecoder):
    """What somebody types in. Anything that a JSON column cannot hold is no JSON here, where it is blamed on its field:
    the database would refuse it with an error page, and a page that shows a lone surrogate cannot be written at all.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_constant": _no_number, "parse_float": _finite})

    def decode(self, s: str, *given: Any) -> Any:
        try:
            value = super().decode(s, *given)
            "".join(_texts(value)).encode()
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:  # more digits than Python reads; nested too deeply
            raise json.JSONDecodeError(str(error), s, 0) from error
        return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError("a number is too large")
    return value


def _texts(value: Any) -> Iterator[str]:
    """All keys and strings. Raises ValueError where PostgreSQL would refuse one."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += (*each, *each.values())
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str):
            if "\0" in each:
                raise ValueError("a text has a NUL character")
            yield each


class JSONField(models.JSONField):
    """Django's own, except that None becomes the default when it is saved. Migrations see Django's own."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        if self.blank:
            # Django takes one emptiness for another: a list where an object belongs would meet no validator.
            self.empty_values = [None]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"decoder": StorableJSON, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if value is None:
            value = self.get_default()
            setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
