"""What the exit codes mean, and reasons to leave with one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from controlplane import compile, draft
from controlplane.operations import drafts

DONE, DIFFERS, REFUSED, BAD_INPUT = 0, 1, 1, 2


def bad_input(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=BAD_INPUT)


@contextmanager
def named_exits() -> Iterator[None]:
    """A document that is none is bad input; one that the rows or the sessions cannot take is refused."""
    try:
        yield
    except (draft.Malformed, drafts.NoSuchVersion) as error:
        raise bad_input(str(error)) from error
    except (drafts.Rejected, drafts.Overtaken, compile.NotInForce) as error:
        raise CommandError(str(error), returncode=REFUSED) from error
