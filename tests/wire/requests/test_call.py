"""A call's arguments in order."""

from odoochat.wire.requests.call import Call, positional


def test_ids_come_first() -> None:
    call = Call("discuss.channel", "message_post", (1, 2), {"body": "x"})
    assert positional(call) == ([[1, 2]], {"body": "x"})


def test_no_ids_no_argument_but_empty_ids_are_ids() -> None:
    assert positional(Call("res.users", "context_get")) == ([], {})
    assert positional(Call("ir.http", "session_info", ())) == ([[]], {})


def test_create_takes_its_values_in_the_place_of_ids() -> None:
    call = Call("ir.attachment", "create", None, {"vals_list": [{"name": "a"}], "context": {}})
    assert positional(call) == ([[{"name": "a"}]], {"context": {}})
    assert "vals_list" in call.kwargs
