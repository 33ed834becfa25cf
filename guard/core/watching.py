"""Whether the client may see the arguments of a call while the model still writes them."""

from __future__ import annotations

from guard.core.approval import Approver
from guard.core.counting import CallCounts
from guard.core.policy import Grant
from guard.core.running import Runner
from guard.core.state import State
from guard.core.toolcalls import Call


def may_watch(call: Call, state: State) -> bool:
    """The call would be allowed as it is, as far as can be told without its arguments. Asked at every delta, so that a
    change of the policy stops the next one."""
    policy = state.policy
    grant = policy.grants.get(call.name)
    return (
        grant is not None
        and grant.streams_arguments
        and grant.tool.name == call.name
        and grant.tool.runner is Runner.CLIENT
        and not grant.rules
        and grant.approver is Approver.NONE
        and policy.engine is None
        and call.name not in policy.locked_tools
        and not call.duplicate
        and not state.deadlines.is_stale(state.now)
        and state.counts.in_turn < policy.calls_per_turn
        and (not grant.enforced or _is_left(grant, state.counts))
    )


def _is_left(grant: Grant, counts: CallCounts) -> bool:
    """Of the caps that are known at once. How many calls of the day are left is asked when the call is complete."""
    caps, name = grant.caps, grant.tool.name
    made = ((caps.per_turn, counts.tool_in_turn(name)), (caps.per_session, counts.tool_in_session(name)))
    return caps.per_day != 0 and all(most is None or count < most for most, count in made)
