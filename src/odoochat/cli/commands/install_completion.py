"""``--install-completion``: installs shell completion of commands, options and channel names."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts.completion import ShellDetectionError, detect_shell

from odoochat.cli.exit_codes import DONE
from odoochat.cli.runner import run_command
from odoochat.cli.streams import print_note, print_result
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from cyclopts import App

__all__ = ["completion_installer", "completion_script"]

# In the order of cyclopts: `typing` takes equal unions for the same one, and the help shows the order of the first.
Shell = Literal["zsh", "bash", "fish", "powershell"]

BASH = r"""
# bash splits words at @ and keeps backslashes in them: rejoin the parts of each name.
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


def completion_script(app: App, shell: Shell) -> str:
    """Return the shell completion script for ``odoochat``.

    Args:
        app: the program with its commands.
        shell: the shell.
    """
    text = app.generate_completion(prog_name="odoochat", shell=shell)
    return text + BASH if shell == "bash" else text


def completion_installer(app: App) -> Callable[..., int]:
    """Return the command that installs shell completion for a program.

    Args:
        app: the program with its commands.
    """

    def install_completion(*, shell: Shell | None = None, output: Path | None = None) -> int:
        """Install shell completion of commands, options and channel names.

        Channel names come from a file that each connection saves; completion never contacts the server.

        Parameters
        ----------
        shell
            The shell; detected if omitted.
        output
            Write the script to this file instead of the shell's default path; zsh requires the name _cyclopts_odoochat.
        """

        async def job() -> int:
            return _install(app, shell, output)

        return run_command(job)

    return install_completion


def _install(app: App, shell: Shell | None, output: Path | None) -> int:
    try:
        chosen = shell or detect_shell()
    except ShellDetectionError:
        raise ConfigError("cannot detect the shell; use --shell bash, zsh, fish or powershell") from None
    path = output
    try:
        path = app.install_completion(shell=chosen, output=output, add_to_startup=output is None)
        if chosen == "bash":
            path.write_text(completion_script(app, chosen), "utf-8")
    except OSError as error:
        if error.errno == errno.ENOSPC and path is not None:
            path.unlink(missing_ok=True)  # the shell would run half of a script
        where = error.filename or path or f"the {chosen} script"
        raise ConfigError(f"cannot write {where}: {error.strerror or error}") from None
    print_result(str(path))
    print_note(f"start a new {chosen} to use it")
    return DONE
