"""Post a program's output to a channel if it fails, e.g. from cron: a script without async.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/notify.py general backup.sh --full
"""

from __future__ import annotations

import os
import subprocess
import sys

import odoochat.sync


def main(channel: str, command: list[str]) -> int:
    """Run a command and report a failure.

    Args:
        channel: name of the channel.
        command: the program and its arguments.

    Returns:
        The program's exit code.
    """
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, end="")
    if done.returncode:
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
            last = done.stdout[-2000:]
            odoo.channel(channel).send(f"{command[0]} failed with exit code {done.returncode}:\n{last}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
