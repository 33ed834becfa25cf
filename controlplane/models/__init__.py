"""What admins decide, as rows. Nothing here is ever deleted: ``retired_at`` takes a row out of use, so that
audit records keep pointing at something. Database constraints are named as sentences, because their names are
what an operator reads when one of them refuses a write."""

from __future__ import annotations

from controlplane.models.approvals import Approval
from controlplane.models.bindings import SessionBinding
from controlplane.models.calls import DailyCalls
from controlplane.models.classifiers import Classifier
from controlplane.models.grants import ToolGrant
from controlplane.models.keys import ServiceKey
from controlplane.models.locks import Lock
from controlplane.models.nodes import Node, Sweep
from controlplane.models.patterns import RedactionPattern
from controlplane.models.people import Role
from controlplane.models.providers import Provider
from controlplane.models.tools import Tool
from controlplane.models.usage import CreationCount, DailyUse
from controlplane.models.users import User
from controlplane.models.versions import Epoch, PolicyVersion

__all__ = [
    "Approval",
    "Classifier",
    "CreationCount",
    "DailyCalls",
    "DailyUse",
    "Epoch",
    "Lock",
    "Node",
    "PolicyVersion",
    "Provider",
    "RedactionPattern",
    "Role",
    "ServiceKey",
    "SessionBinding",
    "Sweep",
    "Tool",
    "ToolGrant",
    "User",
]
