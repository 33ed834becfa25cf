from __future__ import annotations

import pytest

from controlplane import compile, document, drafted

pytestmark = pytest.mark.usefixtures("demo")


def test_a_document_becomes_a_policy_that_no_version_has():
    found = drafted.from_content(document.current())
    assert found.number == drafted.NUMBER
    assert found.digest == compile.in_force().digest
    assert found.role("customer_support")["grants"].keys() >= {"list_recent_orders"}


@pytest.mark.parametrize("content", [None, [], {"roles": {}}, {**dict.fromkeys("ab")}])
def test_a_document_that_is_none_is_refused_with_a_sentence(content):
    with pytest.raises(drafted.BadDraft, match=r"\w"):
        drafted.from_content(content)


def test_a_policy_that_no_session_could_run_on_is_refused():
    content = document.current()
    content["roles"]["customer_support"]["grants"]["list_recent_orders"]["condition"] = "1 +"
    with pytest.raises(drafted.BadDraft, match="does not compile"):
        drafted.from_content(content)
