from script import Admitted, Orders, Script, policy

from guard.core.closing import EndReason
from guard.core.commands import ShowTicket
from guard.core.limits import Renewal
from guard.core.policy import Limits

TICKET = "ek_" + "t" * 43
SHOW = {"type": "sallyport.reauthenticate", "event_id": "mine", "ticket": TICKET}
ASKED = Limits(max_seconds=600, idle_seconds=600, reauthenticate_seconds=60, grace_seconds=20)
ISSUED = Renewal(stamp=5_000.0, seconds_left=80)


def asked_every_minute(**changes: object) -> Script:
    return Script(Admitted(policy(limits=ASKED), **{"renewal": ISSUED, **changes}))


def see(script: Script, seconds: float) -> Orders:
    """Time goes by, and the policy is confirmed all the while."""
    script.session.policy_seen(script.now + seconds)
    return script.wait(seconds)


def codes(orders: Orders) -> list[str]:
    return [event["error"]["code"] for event in orders.to_client if event["type"] == "error"]


def answer(script: Script, asked: Orders, accepted: bool | None, renewal: Renewal | None = None) -> Orders:
    number = asked.only(ShowTicket).number
    return Orders(script.session.receive_renewal(number, accepted, renewal, script.now))


def renewed(by: float = 5_060.0) -> Renewal:
    return Renewal(by, 80)


def test_the_client_is_asked_once_and_told_how_long_it_has():
    script = asked_every_minute()
    assert see(script, 59.9) == []
    [demand] = see(script, 0.1).to_client
    assert demand["error"]["code"] == "reauthentication_required"
    assert "within 20 seconds" in demand["error"]["message"]
    assert see(script, 5).to_client == []


def test_the_session_wakes_up_to_ask():
    script = Script(policy(limits=Limits(600, 600, 5, 2)))
    assert script.session.next_tick() == script.now + 5


def test_without_a_ticket_the_session_ends_after_the_grace():
    script = asked_every_minute()
    see(script, 60)
    assert see(script, 19.9).end is None
    assert see(script, 0.1).end.reason is EndReason.REAUTHENTICATION


def test_a_good_ticket_starts_the_clock_anew_and_is_answered_with_the_session_as_it_was_shown():
    script = asked_every_minute()
    see(script, 70)
    orders = answer(script, script.client(SHOW), True, renewed())
    [event] = orders.to_client
    assert event["type"] == "session.updated"
    assert event["session"] == script.opening.to_client[0]["session"]
    assert orders.to_upstream == []
    assert see(script, 59).to_client == []
    assert codes(see(script, 1)) == ["reauthentication_required"]
    assert see(script, 20).end.reason is EndReason.REAUTHENTICATION


def test_a_ticket_may_be_shown_before_it_is_asked_for():
    script = asked_every_minute()
    see(script, 30)
    answer(script, script.client(SHOW), True, renewed())
    assert codes(see(script, 59)) == []
    assert codes(see(script, 1)) == ["reauthentication_required"]


def test_the_ticket_goes_to_nobody_but_the_database():
    script = asked_every_minute()
    orders = script.client(SHOW)
    [command] = orders
    assert isinstance(command, ShowTicket) and command.ticket == TICKET
    assert TICKET not in repr(command)
    assert TICKET not in repr(answer(script, orders, False))


def test_a_wrong_ticket_is_an_error_that_names_the_event_and_the_third_ends_the_session():
    script = asked_every_minute()
    for _ in range(2):
        orders = answer(script, script.client(SHOW), False)
        [event] = orders.to_client
        assert (event["error"]["code"], event["error"]["event_id"]) == ("invalid_api_key", "mine")
        assert orders.end is None
    assert answer(script, script.client(SHOW), False).end.reason is EndReason.REAUTHENTICATION


def test_time_goes_on_while_a_ticket_cannot_be_checked():
    script = asked_every_minute()
    see(script, 60)
    for _ in range(5):
        assert codes(answer(script, script.client(SHOW), None)) == ["service_unavailable"]
    assert see(script, 20).end.reason is EndReason.REAUTHENTICATION


def test_a_ticket_that_is_being_checked_does_not_stop_the_clock():
    script = asked_every_minute()
    see(script, 60)
    script.client(SHOW)
    assert see(script, 20).end.reason is EndReason.REAUTHENTICATION


def test_one_ticket_is_checked_at_a_time():
    script = asked_every_minute()
    first = script.client(SHOW)
    assert codes(script.client(SHOW)) == ["rate_limit_exceeded"]
    answer(script, first, False)
    assert script.client(SHOW).only(ShowTicket)


def test_an_answer_that_comes_twice_counts_once():
    script = asked_every_minute()
    first = script.client(SHOW)
    for _ in range(5):
        assert answer(script, first, False).end is None


def test_a_fresh_ticket_never_moves_the_absolute_limit():
    script = asked_every_minute(seconds_left=100)
    see(script, 75)
    answer(script, script.client(SHOW), True, renewed())
    assert see(script, 24.9).end is None
    assert see(script, 0.1).end.reason is EndReason.EXPIRED


def test_a_ticket_that_was_shown_elsewhere_counts_once():
    script = asked_every_minute()
    see(script, 70)
    session = script.session
    assert session.awaits_renewal
    assert session.receive_renewal_from_elsewhere(ISSUED, script.now) == []
    [event] = Orders(session.receive_renewal_from_elsewhere(renewed(), script.now)).to_client
    assert event["type"] == "session.updated"
    assert session.receive_renewal_from_elsewhere(renewed(), script.now) == []
    assert see(script, 59).end is None


def test_an_answer_that_was_overtaken_takes_nothing_back():
    script = asked_every_minute()
    see(script, 70)
    answer(script, script.client(SHOW), True, renewed())
    assert script.session.receive_renewal_from_elsewhere(ISSUED, script.now) == []
    assert see(script, 30).end is None


def test_what_postgres_issued_holds_even_if_the_question_came_late():
    script = asked_every_minute(renewal=Renewal(5_000.0, 65))
    [demand] = see(script, 60).to_client
    assert "within 5 seconds" in demand["error"]["message"]
    assert see(script, 5).end.reason is EndReason.REAUTHENTICATION


def test_a_role_that_begins_to_ask_asks_before_it_closes():
    script = Script(policy(limits=Limits(600, 600)))
    see(script, 200)
    script.replace(version=8, limits=ASKED)
    assert codes(see(script, 0)) == ["reauthentication_required"]
    assert see(script, 19.9).end is None
    assert see(script, 0.1).end.reason is EndReason.REAUTHENTICATION


def test_a_role_that_stops_asking_closes_nobody():
    script = asked_every_minute()
    see(script, 70)
    script.replace(version=8, limits=Limits(600, 600))
    assert not script.session.awaits_renewal
    assert see(script, 100).end is None


def test_a_role_that_never_asks_takes_a_fresh_ticket_all_the_same():
    script = Script(policy(limits=Limits(600, 600)))
    assert answer(script, script.client(SHOW), True).types() == ["session.updated"]
    assert see(script, 500).end is None


def test_an_event_without_a_ticket_is_refused_and_says_nothing_of_what_it_held():
    script = asked_every_minute()
    for wrong in ({"ticket": ""}, {"ticket": 7}, {"ticket": "x" * 201}, {"ticket": TICKET, TICKET: 1}):
        orders = script.client({**SHOW, **wrong})
        assert len(orders.to_client) == 1 and not orders.to_upstream
        assert TICKET not in repr(orders)
