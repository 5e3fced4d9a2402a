"""The ways in which a call to Amazon or Sendcloud can fail, as types. Each is a problem too, and can be shown as it is.

Code above the services' clients decides by these types and their fields, never by a problem's name or facts.
"""

from typing import Self, TypeVar

from amzlink.problems.names import ProblemName
from amzlink.problems.problem import Problem

F = TypeVar("F", bound="CallFailed")


class CallFailed(Problem):
    """A call that failed.

    `operation` names the call, `request_id` is the answer's id for the service's support, and `code` is the service's
    own error code; both are empty where there is none. `status` is the HTTP status, 0 where no answer came. `kind` is
    the class of the network's error. `passes` says that the same call may work a moment later.
    """

    operation: str
    status: int
    code: str
    request_id: str
    kind: str
    passes: bool

    def __init__(
        self,
        name: ProblemName,
        /,
        *,
        operation: str,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        kind: str = "",
        passes: bool = False,
        **facts: object,
    ) -> None:
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.kind = kind
        self.passes = passes
        told = {"status": status, "code": code, "request_id": request_id, "kind": kind}
        known = {field: value for field, value in told.items() if value}
        super().__init__(name, operation=operation, **known, **facts)

    def named(self, name: ProblemName, /, **facts: object) -> Self:
        """The same failed call under another name; `facts` go before those it has."""
        return self.retyped(type(self), name, **facts)

    def retyped(self, kind: type[F], name: ProblemName | None = None, /, **facts: object) -> F:
        """The same failed call as another type: what it means to the caller, who knows more about it."""
        again = kind.__new__(kind)
        Problem.__init__(again, name or self.name, **{**self.facts, **facts})
        again.__dict__.update({field: value for field, value in vars(self).items() if field not in vars(again)})
        return again

    def without_token(self) -> "NoToken":
        """What this failure of a token call is to the call that needed the token. It is not made again."""
        no_token = self.retyped(NoToken)
        no_token.passes = False
        return no_token


class NotSent(CallFailed):
    """The call did not reach the service: no connection, or no token for it. Nothing was done."""


class NoToken(NotSent):
    """The token endpoint gave no access token, so that the call itself was not made.

    `operation`, `status` and `code` are those of the token call.
    """


class Throttled(CallFailed):
    """The service takes no more calls for now. Nothing was done. `status` is 0 where our own count says so."""


class Denied(CallFailed):
    """The service refuses this operation and gives no reason that concerns the whole account. Nothing was done.

    A role may be missing, or what was asked for belongs to another seller.
    """


class AccountRefused(CallFailed):
    """The service refuses this store, whatever it asks for: its credentials, account, region or one of its ids.

    The problem's name says which. Nothing was done.
    """


class Refused(CallFailed):
    """The service cannot carry out the request as it is (another 4xx). Nothing was done."""


class NotFound(Refused):
    """The service does not have what was asked for (404)."""


class DocumentLinkExpired(CallFailed):
    """The link to upload or download a document is no longer valid. A new link is needed. Nothing was done."""


class AnswerUnknown(CallFailed):
    """The call was sent, and its result is not known: a time-out, a broken connection, or one of the types below.

    A call that changes something may have worked.
    """


class Unavailable(AnswerUnknown):
    """The service is having problems (5xx)."""


class Unreadable(AnswerUnknown):
    """The answer cannot be read."""


class Intercepted(AnswerUnknown):
    """Something between this machine and the service answered, a proxy or a sign-in page for example."""
