"""The Textual application: one chat screen per profile, themes and settings."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from textual import events
from textual.app import App
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import Theme

from odoochat.archive.location import archive_folder
from odoochat.errors import ConfigError
from odoochat.tui.keyboard import Keyboard
from odoochat.tui.keys import keymap
from odoochat.tui.profiles import Profile, distinct_profiles, open_session
from odoochat.tui.screens.first_paint import FirstPaint
from odoochat.tui.session import ChatSession
from odoochat.tui.settings import ChatSettings, Images, cache_folder, load, settings_path, state_folder, store_theme
from odoochat.tui.theme import OWN_THEMES, message_background, readable_theme, styles_for, theme_named
from odoochat.tui.typeahead import Typeahead

if TYPE_CHECKING:
    # Imported only after the first paint.
    from odoochat.tui.graphics.terminal import TerminalAnswered, TerminalGraphics
    from odoochat.tui.screens.chat import ChatScreen

__all__ = ["ChatApp", "Profile"]


class ChatApp(App[None], inherit_bindings=False):
    """The application, with the chat screens of one or more profiles.

    Args:
        profiles: the profiles. The first one is shown; each of the others connects when it is first shown.
        channel: the id or name of the channel to open first in the first profile.
        settings: the settings; read from their file if omitted.
        cache: the archive folder; the user's default folder if omitted.
        state: the folder for drafts; the user's default folder if omitted.

    Attributes:
        at_work: whether the chat screen has replaced the first paint and receives keys.
        unsaved: after the end, the drafts and unsent messages that could not be saved, after a line with the reason.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "odoochat"

    def __init__(
        self,
        profiles: Sequence[Profile],
        channel: str = "",
        *,
        settings: ChatSettings | None = None,
        cache: Path | None = None,
        state: Path | None = None,
    ) -> None:
        self.at_work = False
        self.unsaved: list[str] = []
        self._trouble = ""
        if settings is None:
            try:
                settings = load(settings_path())
            except ConfigError as error:
                settings, self._trouble = ChatSettings(), str(error)
        self.settings = settings
        # Without colours, only the terminal's own background is readable.
        self._first_theme = readable_theme(theme_named("ansi-dark" if "NO_COLOR" in os.environ else settings.theme))
        # Set before Textual uses it: a later change would parse all style sheets again before the first paint.
        self.set_reactive(App.theme, self._first_theme.name)
        super().__init__(ansi_color=None)
        for theme in (*OWN_THEMES.values(), self._first_theme):
            self.register_theme(theme)
        self.set_class(True, f"-theme-{self.theme}", update=False)
        self.theme_styles = styles_for(self.current_theme)
        self._profiles = list(profiles)
        self._channel = channel
        self._cache = cache or archive_folder()
        self._older_cache = cache_folder() if cache is None else None
        self._state = state or state_folder()
        self._screens: dict[str, ChatScreen] = {}
        self._shown = ""
        self._first: ChatSession | None = None
        self.keyboard = Keyboard(
            self,
            super().on_event,
            lambda name: self._notice(f"{name}: stopped waiting because the server has not responded", "warning"),
        )
        self.typeahead = Typeahead(self.keyboard, settings)
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.graphics: TerminalGraphics
        self._first_paint: FirstPaint | None = None

    def get_default_screen(self) -> FirstPaint:
        """Return the first-paint screen, a read-only view of the first profile's conversation."""
        first = self._profiles[0]
        self._shown, self._first = first.name, open_session(first, self._cache, self._older_cache, self._state)
        self._first_paint = FirstPaint(
            self._first, self.settings, self.theme_styles, self._channel, self.typeahead.preview
        )
        return self._first_paint

    def on_mount(self) -> None:
        """Import the chat screen after the first paint, and show it once the keys typed meanwhile are painted."""

        def load() -> None:
            import odoochat.tui.screens.chat  # noqa: F401

            self.screen.call_after_refresh(self.call_later, self._unveil)

        self.screen.call_after_refresh(self.call_later, load)

    async def _unveil(self) -> None:
        """Cover the first-paint screen with the chat screen."""
        from odoochat.tui.graphics.terminal import TerminalGraphics
        from odoochat.tui.screens.chat import ChatScreen

        assert self._first is not None
        self._first_paint = None
        self.graphics = TerminalGraphics(
            self._painter(),
            self._images(),
            lambda: message_background(self.current_theme, self.theme_variables),
            self._draw_anew,
        )
        self.graphics.ask(os.environ)
        self.app_resume_signal.subscribe(self, lambda _: self.graphics.placements.again())
        self.set_keymap(keymap(self.settings.keys, self.settings.bindings))
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        screen = ChatScreen(self._first, self, self._channel)
        self._screens[self._shown] = screen
        if not self.is_running:  # the user has quit in the meantime
            return
        with self.batch_update():
            await self.push_screen(screen)
        if self._trouble:
            self._notice(self._trouble, "error")
        screen.call_after_refresh(self.call_later, self._release)  # after the composer has taken the focus

    async def _release(self) -> None:
        """Deliver the other keys that were pressed before the composer existed."""
        self.keyboard.start()
        self.at_work = True
        # Connecting imports networking libraries, which would delay painting these keys.
        self.call_later(self.chat.call_after_refresh, self.chat.session.start)
        gc.freeze()
        gc.enable()

    # ------------------------------------------------------------------- terminal

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that can draw images if Textual would use its own driver for Linux and macOS."""
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from odoochat.tui.graphics.driver import ScreenDriver

        return ScreenDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the colour filters. With NO_COLOR, they depend on the theme.

        Textual chooses its filters only once, for the first theme. The terminal's own colours cannot be converted to
        greys.
        """
        found = super().get_line_filters()
        if not self.no_color:
            return found
        without_colours = NoColor() if self.native_ansi_color else Monochrome()
        return [without_colours if isinstance(one, NoColor | Monochrome) else one for one in found]

    def _images(self) -> Images:
        """Return the image setting. Images are off if the terminal shows neither colours nor greys."""
        return "off" if self.no_color and self.native_ansi_color else self.settings.images

    def _painter(self) -> Any:
        """Return the driver if it can draw pixels."""
        driver = self._driver
        return driver if hasattr(driver, "raw") and not self.is_headless else None

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme, including the first one before it is registered.

        Args:
            theme_name: the theme's name.
        """
        return self._first_theme if theme_name == self._first_theme.name else super().get_theme(theme_name)

    def on_terminal_answered(self, event: TerminalAnswered) -> None:
        """Draw images with the terminal's graphics protocol.

        Args:
            event: the event.
        """
        self.graphics.answered(event.terminal)

    def on_resize(self) -> None:
        """Measure the cells again, because the font size may have changed."""
        if self._screens:
            self.graphics.resized()

    def _draw_anew(self) -> None:
        for screen in self._screens.values():
            if screen.is_attached:
                screen.controller.widgets.timeline.redraw(forget=True)

    async def on_event(self, event: events.Event) -> None:
        """Deliver keys one by one.

        Args:
            event: the event.
        """
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.keyboard.put(event)
            if self._first_paint is not None:
                self._first_paint.show_typed()
        else:
            await super().on_event(event)

    def _notice(self, text: str, severity: str) -> None:
        """Show a notice on the chat screen."""
        self.chat.controller.feedback.toast(text, severity)

    # -------------------------------------------------------------------- profiles

    def profile_names(self) -> list[str]:
        """Return the names of the shown profile and of the others, each user's once."""
        sessions = {name: screen.session for name, screen in self._screens.items()}
        return [profile.name for profile in distinct_profiles(self._profiles, sessions, self._shown)]

    def next_profile(self) -> None:
        """Show the next profile's screen."""
        names = self.profile_names()
        if len(names) < 2:
            only = "there is only one profile" if len(self._profiles) == 1 else "all profiles log in as this user"
            self._notice(f"{only}; run `odoochat login` to add another", "information")
            return
        self.show_profile(names[(names.index(self._shown) + 1) % len(names)])

    def show_profile(self, name: str) -> None:
        """Show a profile's screen. A screen is created and starts connecting when it is first shown.

        Args:
            name: the profile's name.
        """
        profile = next((p for p in self._profiles if p.name == name), None)
        if profile is None or name not in self.profile_names():
            self._notice(f"profiles: {', '.join(self.profile_names())}", "warning")
            return
        if name == self._shown:
            return
        screen = self._screens.get(name)
        if screen is None:
            from odoochat.tui.screens.chat import ChatScreen

            screen = self._screens[name] = ChatScreen(
                open_session(profile, self._cache, self._older_cache, self._state), self
            )
            self.install_screen(screen, f"profile-{len(self._screens)}")
        self._shown = name
        # The first profile's screen covers the first paint; at most one other is above it.
        if name == self._profiles[0].name:
            self.pop_screen()
        elif len(self.screen_stack) > 2:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    @property
    def chat(self) -> ChatScreen:
        """The current chat screen, below any dialog."""
        return self._screens[self._shown]

    async def on_unmount(self) -> None:
        """Close all sessions and save their data."""
        if not self._screens and self._first is not None:
            await self._first.close()
        for screen in self._screens.values():
            screen.controller.conversation.draft.keep()
            await screen.session.close()
            drafts = screen.session.drafts
            if texts := drafts.unsaved():
                self.unsaved += [f"{screen.session.name}: drafts not saved: {drafts.error}", *texts]
        if self._screens:
            self.graphics.worker.close()
        if self._temporary is not None:
            await asyncio.to_thread(self._temporary.cleanup)

    # ---------------------------------------------------------------- appearance

    def use_theme(self, name: str) -> None:
        """Switch to a theme.

        Args:
            name: the theme's name.
        """
        if theme_named(name) != name:
            self._notice(f"no such theme: {name}", "warning")
            return
        self.register_theme(readable_theme(name))
        self.theme = name

    def keep_theme(self, name: str) -> None:
        """Switch to a theme and save it as the default.

        Args:
            name: the theme's name.
        """
        self.use_theme(name)
        self.settings = replace(self.settings, theme=name)
        try:
            store_theme(settings_path(), name)
        except ConfigError as error:
            self._notice(f"the theme could not be saved and will only last until you quit: {error}", "warning")

    def _theme_changed(self, theme: Theme) -> None:
        self.theme_styles = styles_for(theme)
        self.graphics.want(self._images())
        for screen in self._screens.values():
            screen.controller.use_styles(self.theme_styles)
            if screen.is_attached:
                screen.controller.widgets.timeline.redraw(forget=True)
                screen.on_session_change()

    def reload_settings(self) -> None:
        """Reload the settings file."""
        try:
            settings = load(settings_path())
        except ConfigError as error:
            self._notice(str(error), "error")
            return
        if settings != self.settings:
            before, self.settings = self.settings, settings
            self.set_keymap(keymap(settings.keys, settings.bindings))
            if settings.theme != before.theme:
                self.use_theme(settings.theme)
            for screen in self._screens.values():
                screen.controller.context.compact = settings.density == "compact"
            self._draw_anew()
            self.graphics.want(settings.images)
            self.graphics.ask(os.environ)

    def temporary_folder(self) -> Path:
        """Return a private temporary folder for opened files, which is removed on exit."""
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="odoochat-", ignore_cleanup_errors=True)
        return Path(self._temporary.name)

    def write_terminal(self, sequence: str) -> None:
        """Send an escape sequence to the terminal.

        Args:
            sequence: the sequence.
        """
        driver = self._driver
        if driver is not None and not self.is_headless:
            driver.write(sequence)
            driver.flush()
