"""Post a program's output to a channel if it fails, e.g. from cron: a script without async.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/notify.py general backup.sh --full
"""

from __future__ import annotations

import os
import subprocess
import sys

import odoochat.sync

CANNOT_START = 127
"""The exit code with which a shell reports a program that it cannot start."""


def main(channel: str, command: list[str]) -> int:
    """Run a command and report a failure, also if it cannot be started.

    Args:
        channel: name of the channel.
        command: the program and its arguments.

    Returns:
        The program's exit code, or `CANNOT_START`.
    """
    try:
        # A byte that is no text must not prevent the report.
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
        )
    except OSError as error:
        code, report = CANNOT_START, f"{command[0]} cannot be started: {error.strerror or error}"
        print(report, file=sys.stderr)
    else:
        code, report = done.returncode, f"{command[0]} failed with exit code {done.returncode}:\n{done.stdout[-2000:]}"
        print(done.stdout, end="")
    if code:
        environ = os.environ
        with odoochat.sync.connect(
            environ["ODOOCHAT_URL"],
            db=environ.get("ODOOCHAT_DB"),
            login=environ["ODOOCHAT_LOGIN"],
            password=environ.get("ODOOCHAT_PASSWORD"),
            api_key=environ.get("ODOOCHAT_API_KEY"),
            live=False,  # the script only posts
            patience=300,  # long enough for a nightly server restart
        ) as odoo:
            odoo.channel(channel).send(report)
    return code


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print("usage: python examples/notify.py CHANNEL PROGRAM [ARGUMENT…]", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
