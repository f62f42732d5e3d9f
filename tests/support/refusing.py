"""What a check refuses, as a value that a test can compare: that nothing is refused is an assertion, too."""

from collections.abc import Callable

from protocol.errors import YizhanError


def refusal(check: Callable[..., object], *given: object, **more: object) -> YizhanError | None:
    """The error with which ``check`` refuses what it is given; None where it lets it pass. What else it raises goes through."""
    try:
        check(*given, **more)
    except YizhanError as error:
        return error
    return None
