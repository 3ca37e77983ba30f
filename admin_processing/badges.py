"""States as coloured words."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

TONES = {
    "good": ("completed", "healed", "resolved", "done", "started", "accepted", "on"),
    "busy": ("queued", "running", "cancelling", "working", "waiting", "retrying", "incomplete"),
    "bad": ("failed", "refused", "interrupted", "open", "unexplained"),
}
_TONE_OF = {word: tone for tone, words in TONES.items() for word in words}


def tone(state: str) -> str:
    """Which colour a state has: `good`, `busy`, `bad`, or `still` for what is neither."""
    return _TONE_OF.get(state, "still")


def badge(state: str) -> SafeString:
    """The state's word in its colour: read without seeing the colour, too."""
    return format_html('<span class="state state-{}">{}</span>', tone(state), state or "–")
