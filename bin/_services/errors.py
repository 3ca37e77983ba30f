"""One error, in the shape that every command of TickStock reports: what, why, what to do."""


class ServiceError(Exception):
    """Something that a person has to act on."""

    def __init__(self, what: str, reason: str, recovery: str) -> None:
        super().__init__(what)
        self.what = what
        self.reason = reason
        self.recovery = recovery

    def report(self) -> str:
        return f"SERVICES: {self.what}\nREASON: {self.reason}\nRECOVERY: {self.recovery}"


class Unavailable(Exception):
    """A way cannot be used on this machine; the next one is tried."""
