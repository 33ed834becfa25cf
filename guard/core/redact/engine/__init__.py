"""The lazy automaton: ``program`` (what a rule set means), ``automaton`` (its states, made on demand and cached),
``scan`` (runs over a text), ``tails`` (where a match with an ``after`` part ends)."""
