"""The settings of a relay: what its file may say, and what its errors say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from odoochat.errors import ConfigError
from odoochat.relay.settings import load_relay_settings, publishable

GOOD = """
url = "https://erp.example.com"
db = "prod"
[broker]
url = "nats://127.0.0.1:4222"
[[accounts]]
login = "alice"
password_env = "ALICE"
"""


def test_accounts_take_the_server_of_the_file_and_secrets_from_where_they_are(config: Path, tmp_path: Path):
    (tmp_path / "bob.key").write_text("bobs key\n")
    config.write_text(
        GOOD
        + '[[accounts]]\nlogin = "bob"\nname = "bot"\nurl = "https://other.example.com"\napi_key_file = "bob.key"\n'
    )
    settings = load_relay_settings(config, {"ALICE": "alices password"})
    alice, bot = settings.accounts.values()
    assert (alice.name, alice.url, alice.options["db"]) == ("alice", "https://erp.example.com", "prod")
    assert alice.options["password"].reveal() == "alices password"
    assert (bot.name, bot.url, bot.options["api_key"].reveal()) == ("bot", "https://other.example.com", "bobs key")
    assert "alices" not in repr(settings)
    assert "bobs" not in repr(settings)
    assert (settings.broker.kind, settings.broker.name, settings.port) == ("nats", "odoochat", None)
    assert "message.posted" in settings.events
    assert set(settings.events) <= publishable().keys()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('db = "prod"', 'database = "prod"', "unknown field `database`"),
        ('db = "prod"', "db = 3", "db: expected a string, got a whole number"),
        ('db = "prod"', 'events = ["message.sent"]', "no event 'message.sent'; the events are attachment.removed"),
        ('db = "prod"', "events = []", "events is empty"),
        ('db = "prod"', "lease = 0.5", "lease must be at least 1 second"),
        ('db = "prod"', "save = 0", "save must be more than 0"),
        ('db = "prod"', "timeout = 0", "timeout must be more than 0"),
        ('db = "prod"', "timeout = nan", "timeout must be more than 0"),
        ("nats://", "mqtt://", "must begin with redis, rediss, nats"),
        ('[broker]\nurl = "nats://127.0.0.1:4222"', "[broker]", r"\[broker\] has no url; add one, e.g."),
        ("[broker]", '[broker]\nname = "a b"', "name must consist of letters"),
        ("[broker]", "[broker]\nmax_length = 0", "max_length must be 1 or more"),
        ("[[accounts]]", "[account]", "account"),
        ('password_env = "ALICE"', "", "account alice has no password"),
        ('password_env = "ALICE"', 'password_env = "BOB"', "the environment variable BOB is not set"),
        ('password_env = "ALICE"', 'password_file = "none"', "cannot read .*none: No such file"),
        ('password_env = "ALICE"', 'password_env = "ALICE"\npassword = "x"', "password more than once"),
        ('login = "alice"', "", "has a password, but no login"),
        ('url = "https://erp.example.com"', "", "account alice has no server"),
        ("[[accounts]]", '[[accounts]]\nlogin = "alice"\npassword_env = "ALICE"\n[[accounts]]', "two accounts are named"),
        ("[[accounts]]", '[store]\nurl = "amqp://x"\n[[accounts]]', r"\[store\] needs the url of a Redis or NATS"),
        ("[broker]", "[broker", "is not valid TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_what_to_do(config: Path, old: str, new: str, text: str):
    assert old in GOOD
    config.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError, match=text) as caught:
        load_relay_settings(config, {"ALICE": "secret"})
    assert "secret" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"cannot read .*relay.toml: No such file"):
        load_relay_settings(tmp_path / "relay.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize("line", ['password = "hunter2"', 'api_key = "hunter2"'])
def test_a_password_in_a_file_that_others_can_read_is_refused(config: Path, line: str):
    config.write_text(GOOD.replace('password_env = "ALICE"', line))
    load_relay_settings(config)
    config.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        load_relay_settings(config)
    assert "hunter2" not in str(caught.value)


def test_the_password_of_the_broker_is_not_shown(config: Path):
    config.write_text(GOOD.replace("nats://127.0.0.1:4222", "redis://:hunter2@127.0.0.1:6379/1"))
    settings = load_relay_settings(config, {"ALICE": "x"})
    assert "hunter2" not in repr(settings)
    assert settings.broker.place == "redis://127.0.0.1:6379"


@pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there")
@pytest.mark.parametrize("wrong", ["lease = 0.2", 'events = ["none"]', 'store = {url = "amqp://127.0.0.1"}'])
def test_no_variable_of_a_traceback_shows_a_secret(config: Path, wrong: str):
    text = GOOD.replace('password_env = "ALICE"', 'password = "pw-1"').replace("nats://", "nats://me:pw-2@")
    config.write_text(f'{wrong}\nproxy = "http://me:pw-3@proxy.example.com"\n{text}')
    config.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load_relay_settings(config)
    shown, trace = "", caught.value.__traceback__
    while trace is not None:
        if "relay" in trace.tb_frame.f_code.co_filename and "test_" not in trace.tb_frame.f_code.co_filename:
            shown += repr(trace.tb_frame.f_locals)
        trace = trace.tb_next
    assert "SettingsFile" in shown and "pw-" not in shown
