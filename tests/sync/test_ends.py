"""How programs end: by Ctrl-C while a call waits, and without a close."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sync.conftest import SECONDS, SandboxThread

# A shell makes its background jobs, and so their children, ignore SIGINT; the programs receive it in any case.
WAITING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from odoochat import sync
with sync.connect(sys.argv[1], db=sys.argv[2], login="ann", password="ann") as odoo:
    print("ready", flush=True)
    {call}
"""

CALLS = {
    "events": "for event in odoo.events(): print(event)",
    "own code": "import threading; threading.Event().wait()",
    "connect": "sync.connect('http://127.0.0.1:' + sys.argv[3], db='x', login='ann', password='ann', timeout=300)",
}

FORGOTTEN = """
import sys
from odoochat import sync
odoo = sync.connect(sys.argv[1], db=sys.argv[2], login="ann", password="ann", state=sys.argv[3])
print(odoo.channel("general").send("the last line").id)
{end}
"""


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to the whole console")
@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_cancels_the_call_and_closes_the_client(server: SandboxThread, call: str, silent_port: int):
    process = run(WAITING.format(call=CALLS[call]), server.box.url, server.box.db, str(silent_port))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert server.box.connections == 1
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGINT
    assert out == ""
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert err.count("Traceback") == 1
    assert "ResourceWarning" not in err
    server.until(lambda: server.box.connections == 0)


@pytest.mark.parametrize(("end", "code"), [("", 0), ("raise SystemExit(3)", 3), ("del odoo", 0)])
def test_a_program_that_forgets_to_close_ends_and_stores_its_state(
    server: SandboxThread, tmp_path: Path, end: str, code: int
):
    state = tmp_path / "state.json"
    process = run(FORGOTTEN.format(end=end), server.box.url, server.box.db, str(state))
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == code, err
    assert "ResourceWarning: unclosed <Client" in err
    assert "Traceback" not in err, err
    assert out.rstrip() in json.dumps(json.loads(state.read_text("utf-8")))
    server.until(lambda: server.box.connections == 0)
