from guard.core.conversation import Conversation


def test_what_follows_a_hidden_item_hangs_on_the_nearest_visible_one() -> None:
    conversation = Conversation()
    conversation.show("a")
    conversation.hide("b", "a")
    conversation.hide("c", "b")
    assert conversation.visible_before("c") == "a"
    assert conversation.visible_before("a") == "a"
    assert conversation.visible_before(None) is None


def test_a_circle_of_hidden_items_leads_nowhere() -> None:
    conversation = Conversation()
    conversation.hide("a", "b")
    conversation.hide("b", "a")
    assert conversation.visible_before("a") is None


def test_a_visible_item_cannot_be_hidden_and_a_hidden_one_can_be_shown() -> None:
    conversation = Conversation()
    conversation.show("a")
    conversation.hide("a", None)
    conversation.hide("b", None)
    conversation.show("b")
    assert conversation.is_visible("a") and conversation.is_visible("b")


def test_both_kinds_of_ids_are_taken_and_a_deleted_one_is_free() -> None:
    conversation = Conversation()
    conversation.show("a")
    conversation.hide("b", None)
    assert conversation.is_taken("a") and conversation.is_taken("b")
    conversation.forget("a")
    assert not conversation.is_taken("a")


def test_memory_is_bounded_and_what_is_forgotten_is_unknown() -> None:
    conversation = Conversation()
    for i in range(10_001):
        conversation.show(f"v{i}")
        conversation.hide(f"h{i}", None)
    assert not conversation.is_visible("v0") and conversation.is_visible("v10000")
