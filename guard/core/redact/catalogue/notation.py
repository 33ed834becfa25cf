"""What stands between a name and its value in code, configuration, commands, mark-up and talk.

For a rule's ``before``. No counted repeats: see ``words``.
"""

from __future__ import annotations

_Tree = dict[str, "_Tree"]
"""Letters from the last of a word to its first, below which nothing follows."""

_LINKS = (
    r"is|are|was|will be|as|to|now|still|with|value|default|string|str|text|char|varchar|const|literal|ist|es|est|"
    r"bearer|basic|token|key|content|base64"
)
# A value may begin on the next line: YAML's | and >, an element's text, "value:" and <string> below the name.
NEXT_LINE = (
    r"[|>:][-+]?[ \t]*\r?\n|\{?[ \t]*\r?\n[ \t]*<?(?:value|default|string)|</key>|\.equals\(|\[\]|"
    r"[rbfuL](?=[\"'])"
)


def _glue(sign: str) -> str:
    step = rf"{sign}|[ \t]|{NEXT_LINE}"
    return rf"(?i:{step})(?i:{step}|(?:{_LINKS})(?![A-Za-z0-9]))*"


NAMES_ANYTHING = _glue(r"[^\w\s;./#]")
"""Signs and linking words in any order: behind the names of values that are judged by their randomness."""

ASSIGNS = _glue(r"""[:=>\])&*\\|?!"'`@]|<-|->""")
"""Only signs that assign or quote: behind the names of values that may be plain words."""


def not_behind(words: str, signs: str = "") -> str:
    """A ``before`` for what must *not* stand behind one of ``words``, nor behind ``signs`` (members of a class).

    Wide look-behind does not exist here; the complement of "ends with one of these words" is a pattern like any other.
    """
    tree: _Tree = {}
    listed = words.split()
    for word in listed:
        if any(word != other and word.endswith(other) for other in listed):
            continue
        node = tree
        for letter in reversed(word):
            node = node.setdefault(letter, {})
    return f"(?i:{_complement(tree, signs)})"


def _complement(tree: _Tree, signs: str) -> str:
    letters = "".join(f"\\{letter}" if letter in "-]^\\" else letter for letter in tree)
    longer = [_complement(below, "") + letter for letter, below in tree.items() if below]
    return "(?:" + "|".join([r"\A", f"[^{letters}{signs}]", *longer]) + ")"
