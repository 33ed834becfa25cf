from __future__ import annotations

import io
import sys

import pytest
import yaml
from django.core.management import CommandError, call_command, load_command_class

from controlplane import document, files
from controlplane.models import PolicyVersion, Provider, Role, Tool
from controlplane.operations.rows import retire
from tests.people import TESTER, edit_role


class Run:
    """``code`` and what was printed."""

    def __init__(self, capsys, *arguments):
        self.code, self.error = 0, ""
        try:
            call_command("policy", *arguments)
        except SystemExit as left:
            self.code = left.code
        except CommandError as error:
            self.code, self.error = error.returncode, str(error)
        self.text = capsys.readouterr().out


@pytest.fixture
def policy(demo, capsys):
    return lambda *arguments: Run(capsys, *map(str, arguments))


@pytest.fixture
def file(tmp_path, policy):
    """``file(edit)``: the policy in force as a file, after ``edit(document)``."""

    def write(edit=lambda content: None):
        content = files.read(policy("export").text)
        edit(content)
        path = tmp_path / "policy.yaml"
        path.write_text(files.written(content, 0, "edited"))
        return path

    return write


def _longer(content):
    content["roles"]["analyst"]["idle_seconds"] = 77


def test_what_is_exported_and_applied_changes_nothing(policy, tmp_path, records):
    path = tmp_path / "policy.yaml"
    assert policy("export", "-o", path).code == 0
    before, said = document.current(), len(records())
    assert policy("diff", path).code == 0
    assert policy("diff", path).text == "No difference.\n"
    found = policy("apply", path)
    assert (found.code, found.text.splitlines()[0]) == (0, "No difference.")
    assert "Policy 1 stays in force" in found.text
    assert (document.current(), PolicyVersion.objects.count(), len(records())) == (before, 1, said)


def test_a_file_says_which_version_it_is_and_is_the_same_twice(policy):
    version = PolicyVersion.objects.get()
    text = policy("export").text
    assert text.splitlines()[:2] == ["# Sallyport policy, version 1", f"# sha256 {version.digest}"]
    assert policy("export").text == text
    assert document.digest(files.read(text)) == version.digest


def test_any_reader_of_yaml_reads_the_same_file(policy):
    text = policy("export").text
    assert yaml.safe_load(text) == files.read(text) == document.current()


def test_an_old_version_can_be_exported_and_compared(policy, file):
    edit_role("analyst", idle_seconds=77)
    old = policy("export", "--version", 1).text
    assert files.read(old)["roles"]["analyst"]["idle_seconds"] == 300
    found = policy("diff", file(), "--against", 1)
    assert (found.code, found.text) == (1, "analyst: idle limit 300 → 77 seconds [stricter]\n")


def test_no_key_is_in_a_file(policy):
    provider = Provider.objects.first()
    provider.set_api_key("sk-live-abcdefgh1234")
    provider.save()
    text = policy("export").text
    assert "sk-live" not in text
    assert "1234" not in text.replace("0123456789", "")


def test_diff_changes_nothing_and_shows_long_texts_line_by_line(policy, file):
    def edit(content):
        content["roles"]["analyst"]["instructions"] += "\nBe kind."

    before = document.current()
    found = policy("diff", file(edit))
    assert found.code == 1
    assert "analyst: instructions changed: " in found.text
    assert "    +Be kind." in found.text.splitlines()
    assert document.current() == before


def test_apply_puts_a_file_into_force_with_the_reason(policy, file, records):
    found = policy("apply", file(_longer), "--reason", "calls were cut short")
    assert found.code == 0
    assert "Policy 2 is in force" in found.text
    version = PolicyVersion.objects.latest()
    assert (version.number, version.reason) == (2, "calls were cut short")
    assert version.created_by.startswith("policy command (")
    assert version.document["roles"]["analyst"]["idle_seconds"] == 77
    (changed,) = records("object.changed", reason="calls were cut short")
    assert changed.fields["changes"] == {"idle_seconds": {"before": 300, "after": 77}}


def test_without_a_reason_the_file_is_named(policy, file):
    path = file(_longer)
    policy("apply", path)
    assert PolicyVersion.objects.latest().reason == f"policy apply {path}"


def test_a_dry_run_says_everything_and_changes_nothing(policy, file, records):
    before, said = document.current(), len(records())
    found = policy("apply", file(_longer), "--dry-run")
    assert found.code == 0
    assert "analyst: idle limit 300 → 77 seconds [stricter]" in found.text
    assert "It would be policy 2" in found.text
    assert (document.current(), PolicyVersion.objects.count(), len(records())) == (before, 1, said)


def test_a_dry_run_refuses_what_an_apply_would(policy, file):
    def edit(content):
        content["roles"]["admin"]["grants"]["refund_order"]["rules"] = {"amount": {"at_most": "many"}}

    for options in (["--dry-run"], []):
        found = policy("apply", file(edit), *options)
        assert found.code == 1
        assert found.error == "roles.admin.grants.refund_order.rules: amount: at_most needs a number"


def test_what_became_wider_by_mistake_is_asked_about(policy, file):
    def edit(content):
        content["roles"]["customer_support"]["grants"]["list_recent_orders"]["mode"] = "shadow"

    found = policy("apply", file(edit), "--dry-run")
    assert "Is this what you want? list_recent_orders for customer_support: its rules" in found.text


def test_a_key_that_was_removed_is_something_to_do(policy, file):
    Tool.objects.filter(name="refund_order").update(runner="http", url="https://tools.example.com/refunds")
    tool = Tool.objects.get(name="refund_order")
    tool.set_api_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    tool.save()
    edit_role("analyst", idle_seconds=78)

    def edit(content):
        content["tools"]["refund_order"]["url"] = "https://elsewhere.example.com/refunds"

    found = policy("apply", file(edit))
    assert "To do: tools.refund_order: its address changed, so its key was removed" in found.text
    assert not Tool.objects.get(name="refund_order").api_key_ciphertext


def test_roll_back_is_a_new_version_with_the_old_policy(policy):
    before = document.current()
    retire(actor=TESTER, row=Role.objects.get(name="analyst"), reason="closed")
    assert PolicyVersion.objects.latest().number == 2
    tried = policy("rollback", 1, "--dry-run")
    assert "role analyst added [looser]" in tried.text
    assert "It would be policy 3" in tried.text
    assert document.current() != before
    found = policy("rollback", 1, "--reason", "closed too early")
    assert "Policy 3 is in force" in found.text
    assert document.current() == before
    assert PolicyVersion.objects.latest().reason == "rollback to version 1: closed too early"
    assert PolicyVersion.objects.latest().digest == PolicyVersion.objects.get(number=1).digest


def test_a_roll_back_to_what_is_in_force_does_nothing(policy):
    assert "Policy 1 stays in force" in policy("rollback", 1).text
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("rollback", 99),
        ("export", "--version", 99),
        ("export", "--version", 10**30),
        ("diff", "-", "--against", 99),
    ],
)
def test_a_version_that_is_not_there_is_bad_input(policy, monkeypatch, arguments):
    monkeypatch.setattr(sys, "stdin", io.StringIO(policy("export").text))
    found = policy(*arguments)
    assert found.code == 2
    assert found.error == f"there is no policy version {arguments[-1]}"


def test_a_file_can_come_through_a_pipe(policy, file, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(file(_longer).read_text()))
    assert policy("apply", "-").code == 0
    assert Role.objects.get(name="analyst").idle_seconds == 77


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"roles: {}\nroles: {}\n", "roles is there twice"),
        (b"roles: [unclosed", "is no YAML"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"", "the document must be a mapping"),
        (b"!!python/object/apply:os.system [true]", "python/object/apply:os.system is no type of JSON"),
        (b"extra: 1", "extra: is not known here"),
    ],
)
def test_a_bad_file_is_bad_input(policy, tmp_path, text, said):
    path = tmp_path / "policy.yaml"
    path.write_bytes(text)
    for command in ("diff", "apply"):
        found = policy(command, path)
        assert (found.code, said in found.error) == (2, True), found.error


def test_a_file_that_is_not_there_is_bad_input(policy, tmp_path):
    found = policy("apply", tmp_path / "none.yaml")
    assert found.code == 2
    assert "cannot be read" in found.error
    assert policy("export", "-o", tmp_path / "none" / "policy.yaml").code == 2


@pytest.mark.django_db
def test_a_policy_can_be_applied_where_there_is_none(capsys, tmp_path):
    assert Run(capsys, "export").error == "no policy has been published"
    path = tmp_path / "policy.yaml"
    path.write_text("roles: {}\ntools: {}\npatterns: []\nclassifiers: []\nproviders: {}\n")
    assert "Policy 1 is in force" in Run(capsys, "apply", str(path)).text


def test_a_missing_subcommand_or_argument_is_bad_input():
    for arguments in ([], ["apply"], ["rollback", "one"]):
        with pytest.raises(SystemExit) as left:
            load_command_class("controlplane", "policy").run_from_argv(["manage.py", "policy", *arguments])
        assert left.value.code == 2
