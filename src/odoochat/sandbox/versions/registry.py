"""Which voice belongs to which version."""

from __future__ import annotations

from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.payloads14 import Voice14
from odoochat.sandbox.versions.payloads15 import Voice15
from odoochat.sandbox.versions.payloads16 import Voice16
from odoochat.sandbox.versions.payloads17 import Voice17
from odoochat.sandbox.versions.payloads18 import Voice18
from odoochat.sandbox.versions.payloads19 import Voice19
from odoochat.sandbox.versions.payloads20 import Voice20
from odoochat.sandbox.versions.voice import Voice

VOICES: dict[int, type[Voice]] = {
    14: Voice14,
    15: Voice15,
    16: Voice16,
    17: Voice17,
    18: Voice18,
    19: Voice19,
    20: Voice20,
}


def voice_for(state: State) -> Voice:
    """The voice of the version the state is of."""
    voice = VOICES.get(int(state.version))
    if voice is None:
        known = ", ".join(str(version) for version in VOICES)
        raise ValueError(f"the sandbox can be Odoo {known}, not {state.version}")
    return voice(state)
