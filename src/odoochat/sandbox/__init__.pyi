from odoochat.sandbox.faults import Faults as Faults
from odoochat.sandbox.plugin import SandboxFixture as SandboxFixture
from odoochat.sandbox.server import Sandbox as Sandbox
from odoochat.sandbox.world.world import World as World

__all__ = ["Faults", "Sandbox", "SandboxFixture", "World"]
