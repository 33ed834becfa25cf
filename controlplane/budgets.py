"""Budgets and prices of a policy document, as the guard judges by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controlplane.models.bounds import BUDGETS
from guard.core.budget import Budgets
from guard.core.prices import NEEDED, Prices


def budgets_of(role: Mapping[str, Any]) -> Budgets:
    return Budgets(**{budget: role[budget] for budget in BUDGETS})


def prices_of(provider: Mapping[str, Any]) -> dict[str, Prices]:
    """By model. One whose prices leave out what every session may use has none: its cost cannot be judged."""
    return {
        model: Prices(**{kind: float(price) for kind, price in prices.items()})
        for model, prices in provider["prices"].items()
        if all(kind in prices for kind in NEEDED)
    }
