"""How long to wait before a crashed process is started again."""

from __future__ import annotations

from dataclasses import dataclass

HOPELESS = 3
"""Exit code of a process that says that trying again can not help (a wrong key, a bad tape)."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Delays double from `first_secs` to `longest_secs`; a run of `stable_secs` starts anew."""

    first_secs: float = 1.0
    longest_secs: float = 60.0
    stable_secs: float = 60.0

    def crashes(self, before: int, ran_secs: float) -> int:
        """How many crashes in a row this one makes, after `before` of them."""
        return 1 if ran_secs >= self.stable_secs else before + 1

    def delay_secs(self, crashes: int, code: int) -> float:
        """How long to wait after that many crashes in a row, the last with exit code `code`."""
        if code == HOPELESS:
            return self.longest_secs
        doublings = min(crashes - 1, 30)
        return min(self.longest_secs, self.first_secs * 2**doublings)
