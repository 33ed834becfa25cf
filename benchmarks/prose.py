"""Plain English text without anything secret in it: stories, answers of an assistant, lists, figures, markdown.

Made up by a seeded grammar, so that everybody measures the same text and nobody has to fetch it.
"""

from __future__ import annotations

import re
from random import Random

from benchmarks.vocabulary import WORDS

SEED = 1851
_SLOT = re.compile(r"\{(\w+)\}")

_SENTENCES = [
    "{Person} {did} the {adjective} {thing} and {went} {place} {adverb}.",
    "{weather}, and {person} {went} {place}.",
    "{opening} {person} {did} {abstract} {adverb}.",
    "There were {small} {things} in {place}, most of them {adjective}, and not one had been {did} before.",
    '"I never {did} that {thing}," said {person}, "but I remember {abstract} well enough."',
    "{Person} felt {feeling} when the {thing} was {did} in {place}.",
    "Nothing about the {adjective} {thing} suggested {feeling}; it was simply {adjective}.",
    "In {year}, {person} {went} {place} with {small} {things} and a {adjective} {thing}.",
    "On {day} {month} {year} the {thing} was {did}, {small} {unit} from {place}.",
    "Was it {feeling}, or only {feeling}, that made {person} wait until {clock}?",
    "The {things} cost {price} each, which {person} thought {adjective} for {month}.",
    "{opening} you can think of {abstract} as a {adjective} {thing}: it has {small} {things} and one {thing}.",
    "{name} and {name} {did} the {thing}, although {person} had {did} it {adverb}.",
    "It took {small} {unit} to reach {place}; the {thing} weighed {decimal} {unit}.",
    "{Person} didn't answer. The {adjective} {things} {went} {place}, and it wasn't clear why.",
    "Let me explain {abstract}: first the {thing} is {did}, then the {things} are {did}, and so on.",
    "About {large} {things} passed through {place} that year, {percent} more than in {year}.",
    "You'd need a {adjective} {thing}, some patience, and - if {person} agrees - {small} {things}.",
    "Then {person}, who had {went} {place}, {did} everything: the {thing}, the {things}, even {abstract}.",
    "The train leaves {place} at {clock} and should arrive by {clock}, weather permitting.",
    "I'm happy to help with that! The {thing} in your plan is {adjective}, so {abstract} doesn't change.",
    "See section {small}.{digit} of the {thing} (page {small}) for {abstract}.",
    "{Person} smiled with {feeling}, put the {thing} down, and {went} {place} once more.",
    "Order {small} of {large} was {did} on {month} {day}; the rest follows {adverb}.",
]
_BLOCKS = [
    "## {Thing} and {thing}\n\n",
    "1. **{Thing}**: {adjective} and {adjective}.\n2. **{Thing}**: see {abstract}.\n3. *{Thing}* ({price}).\n\n",
    "- {adjective} {things}\n- {small} {things}, {percent}\n- {abstract}\n\n",
    "| {thing} | {things} | {unit} |\n|---|---|---|\n| {adjective} | {small} | {decimal} |\n\n",
    "> {Person} {went} {place}.\n\n",
    "```\nfor {thing} in {things}:\n    total += {thing}.{unit} * {decimal}\n```\n\n",
]


def prose(characters: int, seed: int = SEED) -> str:
    """At least so many characters, ending with a paragraph."""
    chance = Random(seed)  # noqa: S311  (repeatable, not secret)
    parts: list[str] = []
    size = 0
    while size < characters:
        part = _block(chance) if chance.random() < 0.2 else _paragraph(chance)
        parts.append(part)
        size += len(part)
    return "".join(parts)


def _paragraph(chance: Random) -> str:
    sentences = [_filled(chance.choice(_SENTENCES), chance) for _ in range(chance.randint(2, 7))]
    return " ".join(sentences) + "\n\n"


def _block(chance: Random) -> str:
    return _filled(chance.choice(_BLOCKS), chance)


def _filled(template: str, chance: Random) -> str:
    return _SLOT.sub(lambda slot: _fill(slot[1], chance), template)


def _fill(slot: str, chance: Random) -> str:
    if slot in WORDS:
        return chance.choice(WORDS[slot])
    if slot.lower() in WORDS:
        word = chance.choice(WORDS[slot.lower()])
        return word[0].upper() + word[1:]
    return _number(slot, chance)


def _number(slot: str, chance: Random) -> str:
    match slot:
        case "digit":
            return str(chance.randint(1, 9))
        case "small" | "day":
            return str(chance.randint(2, 28))
        case "large":
            return f"{chance.randint(1_000, 90_000):,}"
        case "year":
            return str(chance.randint(1780, 2029))
        case "clock":
            return f"{chance.randint(1, 12)}:{chance.randint(0, 59):02d}"
        case "price":
            return f"{chance.choice('$£€')}{chance.randint(1, 400)}.{chance.randint(0, 99):02d}"
        case "decimal":
            return f"{chance.uniform(0.1, 99):.2f}"
        case "percent":
            return f"{chance.uniform(0.1, 60):.1f} %"
    raise KeyError(slot)
