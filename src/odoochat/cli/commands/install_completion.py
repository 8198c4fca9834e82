"""``--install-completion``: the shell completes commands, options and the names of conversations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts.completion import ShellDetectionError, detect_shell

from odoochat.cli.connection import finish
from odoochat.cli.exit_codes import DONE, say
from odoochat.cli.streams import out
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from cyclopts import App

__all__ = ["installer", "script"]

Shell = Literal["bash", "zsh", "fish", "powershell"]

BASH = r"""
# bash ends a word at @, and leaves backslashes in it: put names together again as they are meant.
_odoochat_names() {
  local line="$COMP_LINE" word before cword=0 last=-1 i
  local -a whole=()
  for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
    word="${COMP_WORDS[i]}"
    before=" "
    if [[ -n "$word" ]]; then
      before="${line%%"$word"*}"
      line="${line#"$before"}"
      line="${line#"$word"}"
    fi
    if ((last > 0)) && [[ -z "$before" && ("$word" == @* || "${whole[last]}" == *@) ]]; then
      whole[last]+="$word"
    else
      whole+=("$word")
      ((last++))
    fi
    ((i == COMP_CWORD)) && cword=$last
  done
  whole[cword]="${whole[cword]//\\/}"
  local typed="${whole[cword]}"
  local -a COMP_WORDS=("${whole[@]}")
  local COMP_CWORD=$cword
  _odoochat
  if [[ "$typed" == *@* ]]; then  # readline completes from the last @ on
    local before_sign="${typed%@*}"
    COMPREPLY=("${COMPREPLY[@]#"$before_sign"}")
  fi
}
complete -F _odoochat_names odoochat
"""


def script(app: App, shell: Shell) -> str:
    """What a shell reads to complete our command."""
    text = app.generate_completion(prog_name="odoochat", shell=shell)
    return text + BASH if shell == "bash" else text


def installer(app: App) -> Callable[..., int]:
    """The command that makes a shell complete the commands of an app."""

    def install_completion(*, shell: Shell | None = None, output: Path | None = None) -> int:
        """Make the shell complete commands, options and the names of conversations.

        Names come from a small file that every connection writes down; the server is never asked for them.

        Parameters
        ----------
        shell
            Which; the one that runs this when left out.
        output
            Where the script is written, when not where the shell looks for it; zsh wants it called _cyclopts_odoochat.
        """

        async def job() -> int:
            return _install(app, shell, output)

        return finish(job)

    return install_completion


def _install(app: App, shell: Shell | None, output: Path | None) -> int:
    try:
        chosen = shell or detect_shell()
    except ShellDetectionError:
        raise ConfigError("which shell is this? Give --shell bash, zsh, fish or powershell") from None
    try:
        path = app.install_completion(shell=chosen, output=output, add_to_startup=output is None)
        if chosen == "bash":
            path.write_text(script(app, chosen), "utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write the script: {error.filename}: {error.strerror or error}") from None
    out(str(path))
    say(f"a new {chosen} completes by it")
    return DONE
