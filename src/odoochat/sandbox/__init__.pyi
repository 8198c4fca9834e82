from odoochat.sandbox.faults import Faults as Faults
from odoochat.sandbox.fixture import SandboxFixture as SandboxFixture
from odoochat.sandbox.fixture import running_sandbox as running_sandbox
from odoochat.sandbox.posts import PostedMessage as PostedMessage
from odoochat.sandbox.server import Sandbox as Sandbox
from odoochat.sandbox.server import SandboxUser as SandboxUser
from odoochat.sandbox.world.world import World as World

__all__ = ["Faults", "PostedMessage", "Sandbox", "SandboxFixture", "SandboxUser", "World", "running_sandbox"]
