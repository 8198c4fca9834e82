"""Which voice belongs to which version."""

from __future__ import annotations

from odoochat.sandbox.payloads14 import Voice14
from odoochat.sandbox.payloads19 import Voice19
from odoochat.sandbox.state import State
from odoochat.sandbox.voice import Voice

VOICES: dict[int, type[Voice]] = {14: Voice14, 19: Voice19}


def voice_for(state: State) -> Voice:
    """The voice of the version the state is of."""
    try:
        return VOICES[int(state.version)](state)
    except KeyError:
        known = ", ".join(str(version) for version in VOICES)
        raise ValueError(f"the sandbox speaks {known}, not {state.version}") from None
