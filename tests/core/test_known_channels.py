"""The known channels: one object for each channel and name."""

from __future__ import annotations

from odoochat.core.known_channels import KnownChannels
from odoochat.model import ChannelInfo


def test_a_channel_keeps_its_reference_over_a_list_of_the_server() -> None:
    known = KnownChannels()
    known.renew([ChannelInfo(1, "general"), ChannelInfo(2, "sales")], {})
    general, sales = known.ref(1), known.ref(2)
    known.renew([ChannelInfo(1, "general"), ChannelInfo(2, "orders")], {})
    assert known.ref(1) is general
    assert (sales.name, known.ref(2).name) == ("sales", "orders")
