"""A confirmation dialog, with a harmless button selected by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from odoochat.wire.content.sanitize import safe_text

__all__ = ["Confirm"]


class Confirm(ModalScreen[str | None]):
    """A dialog with a title, text and buttons. It returns the key of the chosen button, or None if cancelled.

    Args:
        title: the title, which must be safe.
        text: the text that explains the consequences.
        buttons: the buttons' keys and labels, the harmless one first.
        danger: the key of a button whose action cannot be undone; empty for none.
        on_text: for a dialog that may open unprompted while the user is writing, a function that is called with the
            typed character that closes the dialog; None for a dialog that the user opened.
    """

    BINDINGS = [
        Binding("escape", "answer", "cancel", priority=True),
        Binding("enter,space", "press", "confirm", priority=True),
        Binding("right,down,tab", "move(1)", "next", priority=True),
        Binding("left,up,shift+tab", "move(-1)", "previous", priority=True),
        Binding("ctrl+q", "app.quit", "quit odoochat", priority=True),
    ]
    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm > Vertical { width: auto; min-width: 36; max-width: 72; height: auto; max-height: 90%; background: $surface;
        border: round $primary; border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground 70%; padding: 1 2 0 2; }
    Confirm Static { width: auto; max-width: 66; height: auto; margin-bottom: 1; }
    Confirm Horizontal { width: auto; height: auto; }
    Confirm Button { margin: 0 2 1 0; min-width: 8; height: 1; border: none; background: $panel; color: $foreground;
        padding: 0 2; text-style: none; }
    Confirm Button:focus { background: $primary; color: $background; text-style: bold; background-tint: $primary 0%; }
    Confirm Button.danger:focus { background: $error; color: $background; }
    """

    def __init__(
        self,
        title: str,
        text: str,
        buttons: Sequence[tuple[str, str]],
        *,
        danger: str = "",
        on_text: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__()
        self.heading = title
        self._text = safe_text(text)
        self._on_text = on_text
        self._keys = [key for key, _ in buttons]
        self._buttons = [
            Button(Content(label), classes="danger" if key == danger else "", compact=True) for key, label in buttons
        ]

    def compose(self) -> ComposeResult:
        """Create the widgets."""
        with Vertical(id="box"):
            yield Static(Content(self._text))
            with Horizontal():
                yield from self._buttons

    def on_mount(self) -> None:
        """Select the harmless button."""
        box = self.query_one("#box")
        box.border_title = Content(self.heading)
        box.border_subtitle = Content("←→ select · Enter confirm · Esc cancel")
        self.set_focus(self._buttons[0])

    def on_key(self, event: events.Key) -> None:
        """Close a dialog that opened unprompted if the user keeps typing.

        Args:
            event: the event.
        """
        if self._on_text is not None and event.is_printable and event.character is not None:
            event.stop()
            self.dismiss(None)
            self._on_text(event.character)

    @property
    def _at(self) -> int:
        """The index of the selected button."""
        return next((i for i, button in enumerate(self._buttons) if self.focused is button), 0)

    def action_move(self, step: int) -> None:
        """Move the selection to a different button.

        Args:
            step: number of buttons to move to the right.
        """
        self.set_focus(self._buttons[(self._at + step) % len(self._buttons)])

    def action_press(self) -> None:
        """Return the key of the selected button."""
        self.dismiss(self._keys[self._at])

    @on(Button.Pressed)
    def _clicked(self, event: Button.Pressed) -> None:
        self.dismiss(self._keys[self._buttons.index(event.button)])

    def action_answer(self) -> None:
        """Close the dialog without choosing a button."""
        self.dismiss(None)
