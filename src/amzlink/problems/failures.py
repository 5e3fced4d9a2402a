"""What a call to a service can end with, other than well. Each is a problem too, for whoever cannot deal with it.

Above the services' clients nobody looks at the names of problems or at their facts to decide what to do: these types say
it.
"""

from amzlink.problems.names import ProblemName
from amzlink.problems.problem import Problem


class CallFailed(Problem):
    """A call that did not end well: `operation` names it, `status` is that of the answer, or 0 where there was none."""

    def __init__(self, name: ProblemName, /, *, operation: str, status: int = 0, **facts: object) -> None:
        self.operation = operation
        self.status = status
        if status:
            facts["status"] = status
        super().__init__(name, operation=operation, **facts)


class NotSent(CallFailed):
    """Nothing was done: there was no way to the service, no token, or no quota left for the call."""


class Throttled(CallFailed):
    """The service takes no more calls for now, or our own count of its quota says so. Nothing was done."""


class Denied(CallFailed):
    """The service knows who asks and does not allow it, or does not know who asks (401, 403). Nothing was done."""


class NotFound(CallFailed):
    """The service says that what was asked for does not exist. Nothing was done."""


class Refused(CallFailed):
    """The service says that the request cannot be carried out as it is (any other 4xx). Nothing was done."""


class AnswerUnknown(CallFailed):
    """The call was sent, and what came of it is not known: a time-out, a broken connection, an answer without meaning.

    A call that changes something may have done its work.
    """


class Unavailable(AnswerUnknown):
    """The service answered that it is having problems (5xx)."""


class Unreadable(AnswerUnknown):
    """An answer came that cannot be read, or that something between this machine and the service has made."""
