"""The blocking client: ``with odoochat.sync.connect(url, login=…, password=…) as odoo``.

The classes are generated from the async API and have the same methods and parameters. Type checkers and editors read
`__init__.pyi`, which `make docs` generates.
"""

from typing import Any

from odoochat.sync.connection import connect as connect
from odoochat.sync.connection import connect_guest as connect_guest
from odoochat.sync.handles import HANDLES

_classes: dict[str, Any] = {handle.__name__: handle for handle in HANDLES.values()}
globals().update(_classes)

__all__ = sorted(["connect", "connect_guest", *_classes])  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]
