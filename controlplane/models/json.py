"""JSON columns that are never null: an emptied box in a form means the field's default."""

from __future__ import annotations

from typing import Any

from django.db import models


class JSONField(models.JSONField):
    """Django's own, except that None becomes the default when it is saved. Migrations see Django's own."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        if self.blank:
            # Django takes one emptiness for another: a list where an object belongs would meet no validator.
            self.empty_values = [None]

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if value is None:
            value = self.get_default()
            setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
