"""What differs between two policy documents, in sentences: ``customer_support: may now call delete_account``.

Each sentence says whether the second document is looser or stricter there, where that can be told for sure. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controlplane.differences import catalogue, roles, surroundings
from controlplane.differences.sentence import Difference, Effect, same

__all__ = ["Difference", "Effect", "between", "same"]


def between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Complete documents (``document.completed``). Equal documents differ in nothing, and different ones never do:
    a field that has no words of its own is named as it is stored."""
    return list(_found(old, new))


def _found(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    yield from roles.between(old["roles"], new["roles"])
    yield from surroundings.tools(old["tools"], new["tools"])
    yield from catalogue.patterns(old["patterns"], new["patterns"])
    yield from catalogue.classifiers(old["classifiers"], new["classifiers"])
    yield from surroundings.providers(old["providers"], new["providers"])
