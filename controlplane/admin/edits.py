"""What an admin form changed, before and after: inlines and many-to-many fields included."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model
from django.forms.models import InlineForeignKeyField

from audit import diff
from audit.diff import Change
from audit.verbs import MASK

EMPTY: tuple[object, ...] = (None, "", [], {}, False)


def of_form(form: forms.BaseForm, secret: Collection[str] = (), created: bool = False) -> dict[str, Change]:
    """Fields whose value changed; of a new row, every field that has one. ``secret`` names show only that
    they changed.

    A form field that the model does not have is secret unless the form lists it in ``public_fields``: it
    may be a key.
    """
    names = _named(form) if created else [name for name in form.changed_data if name in form.fields]
    before = {} if created else {name: _before(form, name) for name in names}
    after = {name: form.cleaned_data.get(name) for name in names}
    hidden = {name for name in names if name in secret or not _is_public(form, name)}
    if created:
        after = {name: value for name, value in after.items() if diff.plain(value) not in EMPTY}
    return diff.changes(before, after, secret=hidden) | _unlisted(form)


def _named(form: forms.BaseForm) -> list[str]:
    """All fields but the link from an inline to the row that it is on."""
    return [name for name, field in form.fields.items() if not isinstance(field, InlineForeignKeyField)]


def _unlisted(form: forms.BaseForm) -> dict[str, Change]:
    """What a form calls changed without having such a field: Django's password form says just "password"."""
    return {name: {"before": MASK, "after": MASK} for name in form.changed_data if name not in form.fields}


def of_formsets(formsets: Iterable[Any], secret: Collection[str] = ()) -> dict[str, Change]:
    """Rows of inlines, each field prefixed with the row it is of."""
    found: dict[str, Change] = {}
    for form in (form for formset in formsets for form in formset.forms if form.has_changed()):
        added = form.instance in formset_added(formsets)
        for name, change in of_form(form, secret, created=added).items():
            found[f"{form.instance}: {name}"] = change
    return found


def formset_added(formsets: Iterable[Any]) -> list[Any]:
    return [row for formset in formsets for row in getattr(formset, "new_objects", [])]


def _is_public(form: forms.BaseForm, name: str) -> bool:
    if name in getattr(form, "public_fields", ()):
        return True
    try:
        row_of(form)._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def row_of(form: Any) -> Model:
    """The row that the form is about; Django's password form keeps it as ``user``."""
    return form.instance if hasattr(form, "instance") else form.user


def _before(form: forms.BaseForm, name: str) -> Any:
    """The initial value; a foreign key as the row's text, as it will be shown after."""
    field = form.fields[name]
    initial = form.get_initial_for_field(field, name)
    if isinstance(field, forms.ModelChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField):
        try:
            return field.to_python(initial)
        except ValidationError:
            return initial
    return initial
