"""Characters that look like an ASCII character, after UTS #39, restricted to Latin letters, digits and ASCII
punctuation. Letters of scripts written from right to left are left out (they would change places with their
neighbours), and so are letters of Chinese, Japanese and Korean words.

Only what compatibility decomposition (NFKD) does not already give is listed. Written as escapes: nobody can review
a table of look-alikes by looking at it. A letter is mapped to the same case as the one it resembles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain, starmap

_ALIKE: dict[str, str] = {
    "a": "\u0250\u0251\u03b1\u0430\u04d1\u1d00\u237a\U0001d6c2",
    "b": "\u0184\u0299\u042c\u044c\u13cf\u15af\u0432\u1472",
    "c": "\u03f2\u0441\u1d04\u2184\u2ca5\uabaf\U0001043d",
    "d": "\u0111\u0256\u0257\u0501\u13e7\u146f\u1d05",
    "e": "\u0435\u0454\u04bd\u1d07\u212e\uab32\u025b",
    "f": "\u0192\u03dd\u1e9d\ua730\ua799",
    "g": "\u01e5\u0261\u0262\u0581\u1d83\u018d",
    "h": "\u0127\u029c\u04bb\u0570\u13c2\u043d\u0452",
    "i": "\u0131\u0268\u0269\u026a\u03b9\u0456\u04cf\u13a5\u16c1\ua647\u02db\uab75\U000118c3",
    "j": "\u0249\u03f3\u0458\u1d0a",
    "k": "\u03ba\u043a\u1d0b\u2c95",
    "l": "\u0142\u019a\u01c0\u029f\u2223\u2d4f\u0196\U00010309\U00016f28",
    "m": "\u043c\u1d0d",
    "n": "\u0274\u03b7\u0578\u057c",
    "o": (
        "\u00f8\u0275\u03bf\u03c3\u043e\u04e9\u0585\u0c02\u0d20\u101d\u101e\u10ff\u1d0f\u1d11\u2c9f"
        "\u0b20\u3007\uab3d\U0001042c\U000104ea\U000118c8\U000118d7"
    ),
    "p": "\u03c1\u03f1\u0440\u1d18\u2374\u2ca3",
    "q": "\u02a0\u051b\u0563\u0566",
    "r": "\u024d\u0280\u1d26\u2c85\uab47\uab48\u0433\uab81",
    "s": "\u01bd\u0282\u0455\ua731\uabaa\U00010448\U000118c1",
    "t": "\u0167\u01ab\u03c4\u0442\u1d1b",
    "u": "\u0289\u028b\u03c5\u057d\u1d1c\ua79f\uab4e\uab52\U000104f6\U000118d8",
    "v": "\u03bd\u0475\u1d20\u2228\u22c1\uaba9\U000118c0",
    "w": "\u026f\u0461\u051d\u0561\u1d21\uab83",
    "x": "\u03c7\u0445\u1541\u157d\u166e",
    "y": "\u0263\u028f\u03b3\u0443\u04af\u10e7\u1eff\uab5a\U000118dc",
    "z": "\u01b6\u0290\u1d22\uab93\U000118c4",
    "A": "\u0391\u0410\u13aa\u15c5\ua4ee\U000102a0\U00016f40",
    "B": "\u0392\u0412\u13f4\u15f7\ua4d0\ua7b4\U00010282\U000102a1\U00010301",
    "C": ("\u03f9\u0421\u13df\u2ca4\ua4da\U000102a2\U0001f74c\U00010302\U00010415\U0001051c\U000118f2"),
    "D": "\u0110\u0189\u13a0\u15de\u15ea\ua4d3\u15dc",
    "E": "\u0395\u0415\u13ac\u22ff\u2d39\ua4f0\U00010286\U000118a6\U000118ae",
    "F": "\u03dc\u0492\u15b4\ua4dd\ua798\U00010287\U0001d213\U000102a5\U00010525\U000118a2\U000118c2",
    "G": "\u050c\u13c0\u13f3\ua4d6",
    "H": "\u0126\u0397\u041d\u13bb\u157c\u2c8e\ua4e7\U000102cf",
    "I": "\u0399\u0406\u04c0\u2c92\ua4f2\U0001028a",
    "J": "\u037f\u0408\u13ab\u148d\ua4d9",
    "K": "\u039a\u041a\u13e6\u16d5\u2c94\ua4d7\U00010518",
    "L": "\u0141\u13de\u14aa\u2cd0\ua4e1\U0001d22a\U0001041b\U00010526\U000118a3\U000118b2\U00016f16",
    "M": "\u039c\u03fa\u041c\u13b7\u15f0\u16d6\u2c98\ua4df\U000102b0\U00010311",
    "N": "\u039d\u2c9a\ua4e0\U00010513",
    "O": (
        "\u00d8\u039f\u041e\u0555\u13be\u2c9e\u2d54\ua4f3\U00010292\U000102ab\U00010404\U000104c2"
        "\U00010516\U000118b5"
    ),
    "P": "\u03a1\u0420\u13e2\u146d\u2ca2\ua4d1\U00010295",
    "Q": "\u051a\u2d55",
    "R": "\u01a6\u13a1\u13d2\u1587\ua4e3\U0001d216\U000104b4\U00016f35",
    "S": "\u0405\u054f\u13d5\u13da\ua4e2\U00010296\U00010420\U00016f3a",
    "T": (
        "\u0166\u03a4\u0422\u13a2\u27d9\u2ca6\ua4d4\U00010297\u22a4\U0001f768\U000102b1\U00010315"
        "\U000118bc\U00016f0a"
    ),
    "U": "\u0244\u01b1\u054d\u1200\u144c\ua4f4\u222a\u22c3\U000104ce\U000118b8\U00016f42",
    "V": "\u0474\u13d9\u142f\u2d38\ua4e6\U0001d20d\U0001051d\U000118a0\U00016f08",
    "W": "\u051c\u13b3\u13d4\ua4ea\U000118ef",
    "X": (
        "\u03a7\u0425\u166d\u16b7\u2573\u2cac\u2d5d\ua4eb\U00010290\u2a2f\U000102b4\U00010317"
        "\U00010322\U00010527\U000118ec"
    ),
    "Y": "\u03a5\u0423\u04ae\u13a9\u13bd\u2ca8\ua4ec\U000102b2\U000118a4\U00016f43",
    "Z": "\u0396\u13c3\ua4dc\U000102f5\U000118a9",
    "2": "\u01a7\u03e8\u14bf",
    "3": "\u01b7\u021c\u0417\u04e0\u2ccc\ua76a\U0001d206\U000118ca\U00016f3b",
    "4": "\u13ce\U000118af",
    "5": "\u01bc\U000118bb",
    "6": "\u0431\u13ee\u2cd2\U000118d5",
    "8": "\u0222\u0223\U0001031a",
    "9": "\u2cca\ua76e\U000118ac\U000118cc\U000118d6",
    "-": (
        "\u02d7\u1173\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2796\u2e3a\u2e3b\u30fc\u3161\ufe58\u058a\u05be\u1806\u23af\u2500\u2501\u2cba\u2e17\u2e1a\u3030"
    ),
    ".": "\u00b7\u06d4\u0701\u0702\u2022\u2027\u2219\u22c5\u3002\u30fb\ua4f8\uff61",
    ",": "\u00b8\u060c\u066b\u201a\u3001\ua4f9\u2e34",
    ":": "\u02d0\u02f8\u0589\u05c3\u16ec\u2236\ua4fd\ua789\u0703\u0704\u1803\u1809\u205a",
    "/": "\u2044\u2215\u2571\u27cb\u29f8\u3033\u1735\u2041\u2cc6",
    "'": "\u00b4\u02b9\u02bb\u02bc\u02c8\u2018\u2019\u201b\u2032\u055a\u05f3\u07f4\u07f5",
    '"': "\u201c\u201d\u201e\u201f\u2033\u3003\u05f4",
    "_": "\u02cd\u2581",
    "+": "\u16ed\u2795\U0001029b\u271a",
    "=": "\u1400\u2550\u2e40\u30a0\ua4ff",
    "(": "\u2768\u2772\u27ee\u3014\ufd3e",
    ")": "\u2769\u2773\u27ef\u3015\ufd3f",
    "*": "\u066d\u204e\u2217\u2731",
    "<": "\u1438\u2039\u276e",
    ">": "\u1433\u203a\u276f",
    "~": "\u02dc\u2053\u223c\u301c",
    ";": "\u061b",
    "#": "\u2317\u266f",
    "&": "\ua778",
    "7": "\U0001d212\U000118c6",
    "|": "\u2502\u2503\u2758\u23d0",
    "\\": "\u2216\u27cd\u29f5\u29f9",
    "%": "\u066a\u2052",
    "!": "\u01c3\u2d51\u2757",
    "{": "\u2774",
    "}": "\u2775",
    "[": "\u3010",
    "]": "\u3011",
    "$": "\U0001f4b2",
    "?": "\u2753",
}
# Letters that stand for two, and letters drawn in boxes, discs and flags, which have no decomposition.
_EXPANSIONS: dict[str, str] = {
    "\u00df": "ss",
    "\u1e9e": "SS",
    "\u00e6": "ae",
    "\u00c6": "AE",
    "\u0153": "oe",
    "\u0152": "OE",
}
_DRAWN_ALPHABETS = (0x1F150, 0x1F170, 0x1F1E6)


# Where letters are that their names describe: "b with hook", "small capital q", "dotless j".
_NAMED_BLOCKS = (
    (0x0180, 0x02AF), (0x0370, 0x052F), (0x1D00, 0x1DBF), (0x1E00, 0x1FFF), (0x2C60, 0x2C7F),
    (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB30, 0xAB6F), (0x1DF00, 0x1DF2A),
)  # fmt: skip
_CHEROKEE_SMALL = (0xAB70, 0xABBF)
_VARIANT = re.compile(
    r"LATIN (SMALL|CAPITAL|LETTER SMALL CAPITAL)(?: LETTER)? (?:DOTLESS |INSULAR |BLACKLETTER |SCRIPT )?([A-Z])"
    r"(?: WITH .*)?"
)


def _table() -> dict[str, str]:
    table = {alike: char for char, alikes in _ALIKE.items() for alike in alikes}
    for first in _DRAWN_ALPHABETS:
        table.update((chr(first + n), chr(ord("A") + n)) for n in range(26))
    for char in _block(*_CHEROKEE_SMALL):
        if char.upper() in table:
            table.setdefault(char, table[char.upper()].lower())
    return _variants(table) | table | _EXPANSIONS


def _variants(table: dict[str, str]) -> dict[str, str]:
    """Letters with strokes, hooks and tails that no decomposition takes off, by their names."""
    found: dict[str, str] = {}
    for char in chain.from_iterable(starmap(_block, _NAMED_BLOCKS)):
        plain = None if unicodedata.decomposition(char) else _plain(unicodedata.name(char, ""), table)
        if plain is not None:
            found[char] = plain
    return found


def _plain(name: str, table: dict[str, str]) -> str | None:
    latin = _VARIANT.fullmatch(name)
    if latin:
        return latin[2] if latin[1] == "CAPITAL" else latin[2].lower()
    base, _, addition = name.partition(" WITH ")
    try:
        return table.get(unicodedata.lookup(base)) if addition else None
    except KeyError:  # "O WITH ..." of a script that has no plain O
        return None


def _block(first: int, last: int) -> Iterator[str]:
    return map(chr, range(first, last + 1))


LOOKALIKES: dict[str, str] = _table()
