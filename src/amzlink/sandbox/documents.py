"""Documents behind signed addresses, as Amazon keeps them in S3: beside the API, and for five minutes an address."""

import gzip
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final
from urllib.parse import unquote

from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.parameters import parse_query

ROOT: Final = "/documents"
LIFE: Final = timedelta(minutes=5)
_COMPRESSED_FROM_BYTES: Final = 64 * 1024  # Amazon decides for itself; here small documents stay readable
_SIGNATURE: Final = "X-Amz-Signature"


@dataclass(slots=True)
class Document:
    """One document; `body` is None until it is uploaded. `compressed` tells that the body is gzip."""

    id: str
    content_type: str
    body: bytes | None = None
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class _Permit:
    """What a signature opens until when; `encoding` is told with a download."""

    document: Document
    method: str
    expires: datetime
    encoding: str | None


class Documents:
    """All documents of a world, and the signatures that were given out for them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._documents: dict[str, Document] = {}
        self._permits: dict[str, _Permit] = {}

    def add(self, content_type: str, body: bytes | None = None) -> Document:
        """A new document, still to be uploaded unless it has a body; a large one is packed."""
        if body is not None and len(body) > _COMPRESSED_FROM_BYTES:
            return self.add_packed(content_type, gzip.compress(body))
        return self._keep(Document(self._make_id(), content_type, body))

    def add_packed(self, content_type: str, packed: bytes) -> Document:
        """A new document that is told to be packed by gzip."""
        return self._keep(Document(self._make_id(), content_type, packed, compressed=True))

    def find(self, document_id: str) -> Document | None:
        """The document of an id."""
        return self._documents.get(document_id)

    def sign(
        self, document: Document, method: str, origin: str, expires: datetime, *, encoding: str | None = None
    ) -> str:
        """An address that opens the document for one method until it expires; whoever has it needs nothing else."""
        signature = self._hex(32)
        self._permits[signature] = _Permit(document, method, expires, encoding)
        seconds = int(LIFE.total_seconds())
        return f"{origin}{ROOT}/{document.id}?X-Amz-Expires={seconds}&{_SIGNATURE}={signature}"

    def serve(self, request: Request, now: datetime) -> Response:
        """The answer to a call of a signed address."""
        permit = self._permits.get(parse_query(request.query).get(_SIGNATURE, ""))
        refused = _check_headers(request)
        if refused is not None:
            return refused
        named = unquote(request.path.removeprefix(f"{ROOT}/"))
        if permit is None or permit.document.id != named or permit.method != request.method:
            return _refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if now >= permit.expires:
            return _refusal(403, "AccessDenied", "Request has expired")
        return _upload(permit.document, request) if request.method == "PUT" else _download(permit)

    def _make_id(self) -> str:
        return f"amzn1.tortuga.4.eu.{self._hex(16)}"

    def _keep(self, document: Document) -> Document:
        self._documents[document.id] = document
        return document

    def _hex(self, length: int) -> str:
        return f"{self._rng.getrandbits(8 * length):0{2 * length}x}"


def _check_headers(request: Request) -> Response | None:
    """The address is the whole authorisation: a token beside it is refused, as S3 refuses it."""
    if "authorization" in request.headers:
        return _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
    if "x-amz-access-token" in request.headers:
        return _refusal(403, "AccessDenied", "There were headers present in the request which were not signed")
    return None


def _upload(document: Document, request: Request) -> Response:
    if request.headers.get("content-type", "") != document.content_type:
        # The content type that createFeedDocument was told is a part of what is signed.
        return _refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    document.body = request.body
    return Response(200)


def _download(permit: _Permit) -> Response:
    document = permit.document
    if document.body is None:
        return _refusal(404, "NoSuchKey", "The specified key does not exist.")
    headers = {"Content-Type": document.content_type}
    if permit.encoding:
        headers["Content-Encoding"] = permit.encoding
    return Response(200, headers, document.body)


def _refusal(status: int, code: str, message: str) -> Response:
    """S3's error shape."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, {"Content-Type": "application/xml"}, body.encode())
