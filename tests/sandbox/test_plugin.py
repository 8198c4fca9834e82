"""The fixture in other projects, each with other pytest plugins and no configuration for the fixture."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

# pytest-asyncio warns of an option of its own that a project without configuration lacks.
OPTIONS = (
    *("-W", "error", "-W", "ignore::pytest.PytestDeprecationWarning", "--strict-markers"),
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:timeout"),
)
PLAIN = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"

def test_plain(odoo_sandbox):
    with odoo_sandbox.login_sync("ann") as ann:
        ann.channel("general").send("hello")
    assert odoo_sandbox.posted("general") == ["hello"]
"""
ASYNC = """
{mark}
async def test_async_{number}(odoo_sandbox):
    async with odoo_sandbox.login("ann") as ann, odoo_sandbox.login("bob") as bob:
        await bob.channel("general").send("hello")
        assert (await odoo_sandbox.wait_posted("general", by="bob")).text == "hello"
"""
PLUGINS = {
    "asyncio auto": ([""], "-p", "no:anyio", "-o", "asyncio_mode=auto"),
    "asyncio strict": (
        ["@pytest.mark.asyncio", '@pytest.mark.asyncio(loop_scope="module")', "@pytest.mark.anyio"],
        *("-o", "asyncio_mode=strict"),
    ),
    "anyio": (["@pytest.mark.anyio"], "-p", "no:asyncio"),
}


@pytest.mark.parametrize("plugins", PLUGINS)
def test_async_tests_of_each_plugin(pytester: pytest.Pytester, plugins: str) -> None:
    marks, *arguments = PLUGINS[plugins]
    # anyio runs each test once more with each of its event loops; the client needs asyncio.
    code = PLAIN + "".join(ASYNC.format(mark=mark, number=number) for number, mark in enumerate(marks))
    pytester.makepyfile(code)
    result = pytester.runpytest_subprocess(*OPTIONS, *map(str, arguments))
    result.assert_outcomes(passed=1 + len(marks))


def run(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    """Run synchronous tests without a plugin for async ones."""
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess(*OPTIONS, "-p", "no:asyncio", "-p", "no:anyio", *arguments)


def test_unittest_and_plain_tests_without_any_plugin(pytester: pytest.Pytester) -> None:
    code = """
        import asyncio, unittest
        from odoochat.sandbox import running_sandbox

        def test_plain(odoo_sandbox):
            async def main():
                async with odoo_sandbox.login("ann") as ann:
                    await ann.channel("general").send("hello")
            asyncio.run(main())
            assert odoo_sandbox.posted() == ["hello"]

        class TestCase(unittest.TestCase):
            def test_unittest(self):
                box = self.enterContext(running_sandbox(16))
                with box.login_sync("ann") as ann:
                    ann.channel("general").send("hello")
                self.assertEqual(box.posted(by="ann"), ["hello"])
    """
    run(pytester, code).assert_outcomes(passed=2)


def test_versions(pytester: pytest.Pytester) -> None:
    code = """
        import pytest

        @pytest.mark.odoo_versions(14, 19)
        @pytest.mark.odoo_sandbox(seeding="bare")
        def test_each(odoo_sandbox):
            assert odoo_sandbox.version in (14, 19)
            assert set(odoo_sandbox.users) >= {"admin", "alice", "bob"}
            assert "ann" not in odoo_sandbox.users

        @pytest.mark.odoo_sandbox(16)
        def test_sixteen(odoo_sandbox):
            assert odoo_sandbox.version == 16

        @pytest.mark.parametrize("odoo_sandbox", [17], indirect=True)
        def test_seventeen(odoo_sandbox):
            assert odoo_sandbox.version == 17

        @pytest.fixture
        def mine(odoo_sandbox):
            return odoo_sandbox.version

        @pytest.mark.odoo_versions(18, 20)
        def test_by_another_fixture(mine):
            assert mine in (18, 20)
    """
    result = run(pytester, code, "-v")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["*test_each?odoo14?*", "*test_each?odoo19?*"])


MISTAKES = {
    "odoo_versions()": "*pass the versions as numbers*",
    "odoo_versions('16')": "*pass the versions as numbers*",
    "odoo_versions(16)\n@pytest.mark.odoo_sandbox(version=19)": "*both odoo_sandbox and odoo_versions set the version*",
    "odoo_sandbox(16, 17)": "*pass the arguments of odoo_sandbox after the version by keyword*",
    "odoo_sandbox(sedding='bare')": "*unexpected keyword argument 'sedding'*",
    "odoo_versions(13)": "*the sandbox supports Odoo 14, *, not 13*",
}


def test_mistakes_in_the_markers(pytester: pytest.Pytester) -> None:
    for number, marks in enumerate(MISTAKES):
        code = f"import pytest\n\n@pytest.mark.{marks}\ndef test_it(odoo_sandbox):\n    pass\n"
        pytester.makepyfile(**{f"test_{number}": code})
    result = pytester.runpytest_subprocess(*OPTIONS, "-p", "no:asyncio", "--continue-on-collection-errors")
    result.assert_outcomes(errors=len(MISTAKES))
    for message in MISTAKES.values():
        result.stdout.fnmatch_lines([message])


def test_a_failed_wait_shows_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    code = """
        def test_it(odoo_sandbox):
            odoo_sandbox.post("ann", "general", "one")
            odoo_sandbox.wait_posted_sync("general", "two", by="ann", timeout=0.01)
    """
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *no message 'two' by ann in general within 0.01 s; messages posted: *'one'*", "test_*.py:3: AssertionError"]
    )
    result.stdout.no_fnmatch_line("*sandbox/posts.py*")
