"""Emoji: short names and search."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from odoochat.errors import UsageError

__all__ = ["EMOJIS", "QUICK", "emoji_of", "find_emojis", "ranked_names"]

QUICK = ("👍", "❤️", "😂", "🎉", "😮", "😢", "👀", "✅", "🙏", "🚀", "👎", "🔥")

_TABLE = """
thumbsup 👍|thumbsdown 👎|heart ❤️|joy 😂|smile 😄|grin 😁|smiley 😃|laughing 😆|sweat_smile 😅|rofl 🤣
wink 😉|blush 😊|innocent 😇|slight_smile 🙂|upside_down 🙃|heart_eyes 😍|kissing_heart 😘|yum 😋|tongue 😛
zany 🤪|sunglasses 😎|nerd 🤓|thinking 🤔|neutral 😐|expressionless 😑|smirk 😏|unamused 😒|roll_eyes 🙄
grimacing 😬|relieved 😌|pensive 😔|sleepy 😪|sleeping 😴|mask 😷|sick 🤢|dizzy 😵|exploding_head 🤯|cowboy 🤠
partying 🥳|confused 😕|worried 😟|frown 🙁|open_mouth 😮|astonished 😲|flushed 😳|pleading 🥺|fearful 😨
cry 😢|sob 😭|scream 😱|tired 😫|angry 😠|rage 😡|skull 💀|poop 💩|clown 🤡|ghost 👻|alien 👽|robot 🤖|wave 👋
raised_hand ✋|ok_hand 👌|victory ✌️|crossed_fingers 🤞|metal 🤘|call_me 🤙|point_left 👈|point_right 👉
point_up 👆|point_down 👇|fist ✊|punch 👊|clap 👏|raised_hands 🙌|pray 🙏|handshake 🤝|muscle 💪|eyes 👀
brain 🧠|facepalm 🤦|shrug 🤷|fire 🔥|star ⭐|sparkles ✨|tada 🎉|confetti 🎊|balloon 🎈|gift 🎁|trophy 🏆
medal 🏅|rocket 🚀|car 🚗|train 🚆|airplane ✈️|ship 🚢|bike 🚲|house 🏠|office 🏢|coffee ☕|tea 🍵|beer 🍺
beers 🍻|wine 🍷|pizza 🍕|burger 🍔|cake 🍰|birthday 🎂|cookie 🍪|apple 🍎|banana 🍌|sun ☀️|cloud ☁️|rain 🌧️
snow ❄️|rainbow 🌈|zap ⚡|moon 🌙|earth 🌍|tree 🌳|flower 🌸|rose 🌹|cat 🐱|dog 🐶|bug 🐛|bee 🐝|unicorn 🦄
turtle 🐢|snail 🐌|penguin 🐧|check ✅|cross ❌|warning ⚠️|question ❓|exclamation ❗|no_entry ⛔|100 💯
bulb 💡|lock 🔒|unlock 🔓|key 🔑|hammer 🔨|wrench 🔧|gear ⚙️|package 📦|mail 📧|phone 📞|laptop 💻|computer 🖥️
keyboard ⌨️|printer 🖨️|camera 📷|calendar 📅|clock 🕒|hourglass ⏳|stopwatch ⏱️|memo 📝|book 📖|books 📚
pencil ✏️|scissors ✂️|paperclip 📎|pushpin 📌|link 🔗|mag 🔍|chart 📊|money 💰|euro 💶|dollar 💵|bell 🔔
no_bell 🔕|music 🎵|art 🎨|game 🎮|dart 🎯|red_circle 🔴|green_circle 🟢|yellow_circle 🟡|blue_heart 💙
green_heart 💚|broken_heart 💔|construction 🚧|recycle ♻️|checkered_flag 🏁|white_flag 🏳️
hourglass_done ⌛|party 🎉|ok 🆗|new 🆕|sos 🆘|up 🆙|wheelchair ♿
"""


_ALIASES = """
+1 👍|thumbs_up 👍|like 👍|yes 👍|-1 👎|thumbs_down 👎|dislike 👎|red_heart ❤️|love ❤️|lol 😂|tears_of_joy 😂
white_check_mark ✅|heavy_check_mark ✔️|check_mark ✔️|ballot_box_with_check ☑️|x ❌|cross_mark ❌|hooray 🎉
stuck_out_tongue 😛|nerd_face 🤓|thinking_face 🤔|neutral_face 😐|rolling_eyes 🙄|sick_face 🤢|partying_face 🥳
slightly_smiling_face 🙂|upside_down_face 🙃|frowning 🙁|slightly_frowning_face 🙁|disappointed 😞|shocked 😮
hankey 💩|clown_face 🤡|v ✌️|fingers_crossed 🤞|call_me_hand 🤙|raising_hand 🙋|man_shrugging 🤷|face_palm 🤦
folded_hands 🙏|thanks 🙏|confetti_ball 🎊|1st_place_medal 🥇|2nd_place_medal 🥈|3rd_place_medal 🥉|hundred 💯
light_bulb 💡|hot_beverage ☕|rotating_light 🚨|speech_balloon 💬|thought_balloon 💭|information_source ℹ️
heavy_plus_sign ➕|heavy_minus_sign ➖|arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|sunny ☀️|umbrella ☔
snowflake ❄️|email 📧|envelope ✉️|telephone 📞|eyes_emoji 👀|orange_heart 🧡|yellow_heart 💛|purple_heart 💜
black_heart 🖤|white_heart 🤍|sparkling_heart 💖|star2 🌟|boom 💥|collision 💥|sweat_drops 💦|zzz 💤|hugs 🤗
hugging 🤗|saluting 🫡|melting 🫠|hot_face 🥵|cold_face 🥶|money_mouth 🤑|zipper_mouth 🤐|hushed 😯|triumph 😤
"""
"""Additional names, as on GitHub and Slack, that are recognized but not suggested."""


def _table(text: str) -> dict[str, str]:
    return dict(pair.split(" ", 1) for pair in text.replace("\n", "|").split("|") if pair)


EMOJIS: dict[str, str] = _table(_TABLE)
"""Suggested emojis by name."""

_NAMED = _table(_ALIASES) | EMOJIS
_OFTEN = (
    "😊",
    "😍",
    "😭",
    "🤣",
    "🥳",
    "🤔",
    "👏",
    "💪",
    "👌",
    "🤝",
    "💯",
    "✨",
    "⭐",
    "😅",
    "😎",
    "🙌",
    "🤷",
    "😉",
    "👋",
    "☕",
)
_COMMON = {emoji: at for at, emoji in enumerate((*QUICK, *_OFTEN))}
"""The emojis most common at work, mapped to their rank."""
_LONGEST = 60
_MOST = 32
"""Maximum number of code points of an emoji; a family with skin tones has a dozen."""


def emoji_of(text: str) -> str:
    """Return the emoji for user input: the emoji itself or one of its names.

    Args:
        text: the emoji itself, a short name with or without colons (``+1``, ``:tada:``), or its Unicode name (``party
            popper``).

    Raises:
        UsageError: `text` is none of these; the error suggests the closest name.
    """
    given = text.strip()
    name = given.strip(":").strip().casefold()
    short = re.sub(r"[\s_]+", "_", name)
    for key in (short, short.replace("-", "_")):
        if key in _NAMED:
            return _NAMED[key]
    if (found := _by_unicode_name(name)) is not None:
        return found
    if not _may_be_emoji(given):
        raise UsageError(f"{text[:_LONGEST]!r} is not an emoji; use one like 👍 or a name like :+1:{_near(short)}")
    return given


def _may_be_emoji(text: str) -> bool:
    letters = any(c.isalpha() for c in text) and "\N{VARIATION SELECTOR-16}" not in text  # U+2139 is a letter
    if len(text) == 1 and unicodedata.category(text) == "Sm":
        return True  # "+" alone is also a valid reaction
    ascii_letters = any(c.isascii() and c.isalpha() for c in text)
    return bool(text) and not (letters or ascii_letters or text.isascii() or ":" in text or len(text) > _MOST)


def _by_unicode_name(name: str) -> str | None:
    if not 0 < len(name) <= _LONGEST:
        return None
    wanted = re.sub(r"[\s_]+", " ", name).upper()
    for form in (wanted, f"{wanted} FACE", f"{wanted} SIGN"):
        try:
            found = unicodedata.lookup(form)
        except KeyError:
            continue
        if unicodedata.category(found[0]) == "So":
            return found
    return None


def _near(name: str) -> str:
    found = difflib.get_close_matches(name, _NAMED, n=1, cutoff=0.75)
    return f"; did you mean :{found[0]}: {_NAMED[found[0]]}?" if found else ""


def find_emojis(query: str, used: Mapping[str, int] | None = None) -> dict[str, str]:
    """Return the emojis whose names match a query, without duplicates.

    An exact match comes first, then emojis that the user has used, most frequent first, then the best other matches.
    Among equally good matches, common emojis come first, then short names.

    Args:
        query: all or part of a name, with or without colons.
        used: how often the user has used each emoji.
    """
    wanted = query.strip().strip(":").casefold()
    counts = used or {}
    fits = ranked_names(
        wanted, sorted(_NAMED, key=lambda name: (_commonness(_NAMED[name]), len(name))), keep_order=True
    )
    exact = [name for name in fits if name == wanted]
    mine = sorted((name for name in fits if _NAMED[name] in counts), key=lambda name: -counts[_NAMED[name]])
    found: dict[str, str] = {}
    for name in (*exact, *mine, *fits):
        if _NAMED[name] not in found.values():
            found[name] = _NAMED[name]
    return found


def _commonness(emoji: str) -> int:
    return _COMMON.get(emoji, len(_COMMON))


def ranked_names(query: str, names: Iterable[str], *, keep_order: bool = False) -> list[str]:
    """Return the names that match a query, most likely first.

    The exact name comes first, then names that start with the query, names with a word that starts with it, and names
    that merely contain it.

    Args:
        query: the user's input; case is ignored.
        names: the names to search.
        keep_order: whether equal matches keep their original order instead of being sorted.
    """
    wanted = query.casefold()

    def rank(name: str) -> int:
        low = name.casefold()
        if low == wanted:
            return 0
        if low.startswith(wanted):
            return 1
        if any(part.startswith(wanted) for part in re.split(r"[\s_\-.]+", low)):
            return 2
        return 3 if wanted in low else 4

    unique = enumerate(name for name in dict.fromkeys(names) if name)
    ranked = [(rank(name), at if keep_order else 0, name.casefold(), name) for at, name in unique]
    return [name for at, _, _, name in sorted(ranked) if at < 4]
