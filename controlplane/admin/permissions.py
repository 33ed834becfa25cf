"""A compiled policy in sentences: what the guard will do for this role, not what the form says."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.admin import grantwords
from controlplane.admin.words import count, listing, span
from guard.core.classifier import Classifier, OnFailure, OnFinding, Timing
from guard.core.policy import AudioPolicy, Grant, Policy, SpreadAnswer
from guard.core.redact import Operator, Redactor

AUDIO = {
    AudioPolicy.HOLD: "Speech reaches the client only when its whole transcript is clean.",
    AudioPolicy.BOUNDED: "Speech reaches the client as far as its clean transcript is sure to cover it: at most {rate} "
    "characters a second are assumed.",
    AudioPolicy.TEXT_ONLY: "The model is never asked for speech: text only.",
    AudioPolicy.KILL: "Speech is played at once and cut at the first find in its transcript.",
    AudioPolicy.DELIVER: "Speech is passed on UNREDACTED: whatever the model says can be heard.",
}

SPREAD = {
    SpreadAnswer.FLAG: "A value that is spelled over several items is only recorded.",
    SpreadAnswer.CUT: "A value that is spelled over several items is cut before it is complete.",
    SpreadAnswer.END: "A value that is spelled over several items ends the session.",
}
_GATED_SPEECH = (AudioPolicy.HOLD, AudioPolicy.BOUNDED, AudioPolicy.KILL)
TO_CLIENT, TO_MODEL = "On the way to the client", "On the way to the model"
_STOPPED = {
    (TO_CLIENT, Timing.HELD): "is cut",
    (TO_CLIENT, Timing.FLOWING): "ends there, what was shown stays",
    (TO_MODEL, Timing.HELD): "is kept from the model",
    (TO_MODEL, Timing.FLOWING): "is taken back from the model, whose answer stops",
}
"""What becomes of a text that must not go on."""


def may(policy: Policy) -> list[str]:
    """One sentence for each tool that may be called."""
    return [_call(name, grant, name in policy.locked_tools) for name, grant in sorted(policy.grants.items())]


def may_not(policy: Policy, tools: list[str]) -> str:
    denied = [name for name in sorted(tools) if name not in policy.grants]
    if not policy.grants:
        return "It may call no tool: every call is denied."
    if not denied:
        return "Every tool that exists is granted. Calls of anything else are denied."
    return f"It may not call {listing(denied)}, nor anything else: what is not granted is denied."


def sentences(policy: Policy) -> Iterator[str]:
    """The rest: models, instructions, speech, redaction, classifiers, limits."""
    yield f"It talks to {listing(policy.models, none='no model, so no session can start')}."
    yield _instructions(policy)
    if policy.accepts_history:
        yield "Clients may insert earlier turns of the model, true or not."
    yield from _speech(policy)
    yield _redaction(TO_CLIENT, policy.to_client, policy.shadow_patterns)
    yield SPREAD[policy.spread_values]
    yield from (_asked(TO_CLIENT, each) for each in policy.client_classifiers)
    yield _redaction(TO_MODEL, policy.to_model, policy.shadow_patterns)
    yield from (_asked(TO_MODEL, each) for each in policy.model_classifiers)
    yield _turns(policy)
    yield from _calls(policy)
    yield _limits(policy)


def _call(name: str, grant: Grant, is_locked: bool) -> str:
    if is_locked:
        return f"{name}: granted, but locked now, so every call is denied."
    return f"{name}: {grantwords.said(grant)}."


def _instructions(policy: Policy) -> str:
    own = "Its instructions are fixed here" if policy.instructions else "It has no instructions of its own"
    if policy.accepts_client_instructions:
        return f"{own}; what the client asks for is appended below."
    return f"{own}; instructions from clients are dropped."


def _speech(policy: Policy) -> Iterator[str]:
    yield AUDIO[policy.audio].format(rate=policy.speech_rate)
    if policy.audio not in _GATED_SPEECH:
        return
    if policy.withheld_notice:
        yield f"Where speech is withheld or cut, the model is asked to say: “{policy.withheld_notice}”"
    else:
        yield "Where speech is withheld or cut, there is silence."


def _turns(policy: Policy) -> str:
    if policy.gated_turns:
        return "What the user says aloud is answered only after its transcript was judged; a find is deleted."
    return "What the user says aloud reaches the model at once: nothing judges it before."


def _calls(policy: Policy) -> Iterator[str]:
    """Nothing where no tool may be called: there is nothing to limit, and nothing to ask about."""
    if not policy.grants:
        return
    yield f"In one turn of the user at most {count(policy.calls_per_turn, 'call')} can be made, of all tools together."
    if policy.engine:
        yield (
            f"The decision engine at {policy.engine.url.partition('?')[0]} is asked about each call that the rules "
            f"let through, and can only be stricter; without an answer in {policy.engine.deadline:g} s the call is "
            "denied."
        )


def _redaction(way: str, redactor: Redactor, on_trial: frozenset[str]) -> str:
    hidden = sorted(rule.name for rule in redactor.rules if rule.operator is not Operator.FLAG)
    flagged = {rule.name for rule in redactor.rules if rule.operator is Operator.FLAG}
    said = f"{way}, hidden: {listing(hidden, none='nothing')}."
    if noted := sorted(flagged - on_trial):
        said += f" Only recorded: {listing(noted)}."
    if tried := sorted(flagged & on_trial):
        said += f" In shadow mode, so not hidden: {listing(tried)}."
    return said


def _asked(way: str, classifier: Classifier) -> str:
    waits = "and the words wait for it" if classifier.timing is Timing.HELD else "while the words go on"
    stopped = _STOPPED[way, classifier.timing]
    said = f"{way}, {classifier.name} is asked about {_subject(classifier)}, {waits}"
    return f"{said}: {_on_finding(classifier, stopped)}; {_on_failure(classifier, stopped)}."


def _subject(classifier: Classifier) -> str:
    labels = listing(sorted(classifier.labels), none="whatever it knows")
    return labels if classifier.threshold is None else f"{labels} (score {classifier.threshold:g} and above)"


def _on_finding(classifier: Classifier, stopped: str) -> str:
    if classifier.on_finding is OnFinding.FLAG:
        return "what it flags is only recorded"
    if classifier.on_finding is OnFinding.HIDE and classifier.timing is Timing.HELD:
        return f"the places that it names are hidden, and what it flags without a place {stopped}"
    return f"what it flags {stopped}"


def _on_failure(classifier: Classifier, stopped: str) -> str:
    if classifier.on_failure is OnFailure.PASS:
        return "what it cannot judge passes, on record"
    return f"what it cannot judge {stopped}"


def _limits(policy: Policy) -> str:
    limits = policy.limits
    said = f"A session ends after {span(limits.max_seconds)}, or {span(limits.idle_seconds)} without activity"
    if policy.max_output_tokens:
        said += f"; a response has at most {count(policy.max_output_tokens, 'token')}"
    return f"{said}."
