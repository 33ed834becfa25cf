"""What happened: append-only records, for people who were not there.

What is recorded: tickets, session starts and ends, every tool decision and result, redaction hits, refused
frames, policy and row changes, locks, keys, sign-ins, and every look at the records themselves. ``verbs`` is
the closed list.

What never is: the text that a redaction hid, tickets, keys, passwords. A field that its verb does not list is
masked, because a field that nobody classified is a secret until someone says otherwise.

How it is protected: ``log.record`` is the only writer and runs inside the caller's transaction, so an effect
and its record commit together or not at all; database triggers refuse UPDATE, DELETE and TRUNCATE. The
outcome of a call is a second record: nothing is ever updated. Actors and subjects are ids and labels, never
foreign keys, so a record still reads after the row it speaks of is gone.

This package is a leaf: it knows neither the control plane nor the guard. Read ``verbs``, then ``log``.
"""
