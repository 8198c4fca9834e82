"""Emojis by name, as people type them between colons."""

from __future__ import annotations

__all__ = ["EMOJIS", "QUICK"]

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

EMOJIS: dict[str, str] = {
    name: emoji for pair in _TABLE.replace("\n", "|").split("|") if pair for name, emoji in [pair.split(" ", 1)]
}
