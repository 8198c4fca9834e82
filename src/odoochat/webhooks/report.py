"""Reports, whose failure must not stop deliveries."""

from __future__ import annotations

import logging
from collections.abc import Callable

__all__ = ["guarded"]

log = logging.getLogger("odoochat")


def guarded(report: Callable[[str], None]) -> Callable[[str], None]:
    """Return a report function that never raises, because stderr may be closed or on a full disk.

    Args:
        report: called with a sentence; its errors are logged at debug level.
    """

    def call(text: str) -> None:
        try:
            report(text)
        except Exception as error:  # noqa: BLE001 - any error, because the report function is the caller's
            log.debug("cannot report %r: %s", text, error)

    return call
