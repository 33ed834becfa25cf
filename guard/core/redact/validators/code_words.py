"""Words that tell that a value is not a password but a word about one, or a name in a program."""

from __future__ import annotations

_CODE = """
password passwords passwd passphrase pwd pass secret secrets token tokens key keys credential credentials user username
your the and not must should please enter with for from that this config settings env get set hash input value field
str string text none null nil true false undefined type varchar param params args self request response new old current
confirm repeat generate random encrypt decrypt encoder manager service provider reset forgot policy length strength
label hint replace insert fake sample mock todo here file path url form data test example default
"""
_ABOUT = """
required optional incorrect invalid expired protected changed empty missing forgotten safe secure strong weak correct
wrong disabled enabled yes no on off below above unknown hidden encrypted hashed a an my foo bar baz foobar todo tbd
na any all blank masked removed private public updated created deleted needed mandatory unset unchanged visible
mismatch error failed failure success accepted rejected prompt plain base int integer bool boolean number object array
byte bytes char function method class const let var val return async await optionalstring date format description
title name email phone address admin-only read-only case-sensitive x y z login logout signin signup
incorrecta incorrecto obligatoria obligatorio olvidada vergessen falsch erforderlich oublié requis requise
"""
CODE_WORDS = frozenset(_CODE.split())
"""No password contains one of these between separators."""
ABOUT_PASSWORDS = frozenset(_ABOUT.split())
"""No password is one of these."""
