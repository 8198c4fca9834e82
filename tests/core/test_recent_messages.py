"""Recent messages: which reactions a message has after edits, removals and rows of the server."""

from __future__ import annotations

from odoochat.core.recent_messages import RecentMessages
from odoochat.events import ReactionChanged
from odoochat.model import EPOCH, Author, ChannelRef, Message, Reaction

BOB = Author(7, "partner", "Bob")


def message(number: int, *emoji: str, known: bool = False) -> Message:
    reactions = tuple(Reaction(each, 1, (BOB,)) for each in emoji)
    return Message(number, ChannelRef(1), BOB, "t", "<p>t</p>", EPOCH, reactions=reactions, reactions_known=known)


def kept(*messages: Message) -> RecentMessages:
    made = RecentMessages(10)
    for each in messages:
        made.keep(each)
    return made


def emoji(made: RecentMessages, number: int) -> list[str]:
    found = made.get(number)
    assert found is not None
    return [reaction.content for reaction in found.reactions]


def on(number: int, content: str) -> ReactionChanged:
    return ReactionChanged(number, content, 1, (BOB,))


def test_a_message_is_the_same_object_until_it_changes() -> None:
    made = kept(message(1))
    made.react(on(1, "👍"))
    assert made.get(1) is made.get(1)


def test_reactions_change_on_top_of_those_that_were_read_last() -> None:
    made = kept(message(1))
    made.react(on(1, "👍"))
    made.learn_reactions([message(1, "🎉")])
    made.react(on(1, "👏"))
    assert emoji(made, 1) == ["🎉", "👏"]


def test_other_changes_leave_the_reactions() -> None:
    made = kept(message(1))
    made.react(on(1, "👍"))
    made.change(1, starred=True)
    made.react(on(1, "👏"))
    assert emoji(made, 1) == ["👍", "👏"]


def test_a_reaction_that_is_not_known_is_removed_without_effect() -> None:
    made = kept(message(1, "🎉"))
    made.react(ReactionChanged(1, "👍", 0))
    assert emoji(made, 1) == ["🎉"]


def test_a_message_that_was_forgotten_comes_back_without_its_old_reactions() -> None:
    made = kept(message(1))
    made.react(on(1, "👍"))
    made.forget(1)
    made.keep(message(1))
    assert emoji(made, 1) == []


def test_a_message_without_reactions_of_its_own_takes_the_known_ones() -> None:
    made = kept(message(1, "🎉", known=True))
    assert made.with_known_reactions(message(2)) == message(2)
    assert made.with_known_reactions(message(1)) == message(1, "🎉", known=True)
    assert made.with_known_reactions(message(1, known=True)) == message(1, known=True)
    assert made.with_known_reactions(message(1, "👍")) == message(1, "👍")
