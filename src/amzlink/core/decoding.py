"""JSON and TOML that others wrote: one reader, and one kind of failure.

The decoders below raise half a dozen kinds of errors between them: of form, of letters, of depth, of numbers that are
too long. What cannot be read is one thing to whoever asked, so it has one name here.
"""

import codecs
import re
import tomllib
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
"""How many there are of something; more than a million of one thing in one order or parcel is damage."""
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A number that names something; a database holds no larger one."""
_TOO_DEEP: Final = "it is nested too deeply"

# A key with this many parts takes the TOML reader time and memory without end; people write two or three.
# It is looked for only where a part may begin, so that the time stays in step with the length of the text.
_LONG_KEY: Final = re.compile(r"(?:^|(?<=[\s.=\"'#]))(?:[^\s.=\"'#]++[ \t]*+\.[ \t]*+){100}")


class UndecodableError(ValueError):
    """It is not what it should be. The text says what is wrong, and may quote what stands there."""


class UndecodableTextError(UndecodableError):
    """It is no text in UTF-8."""


class UnexpectedFormError(UndecodableError):
    """It is JSON, but not of the form that was asked for. The text names the place and quotes nothing."""


def json_decoder(form: type[T], *, float_hook: Callable[[str], Any] | None = None) -> Callable[[bytes | str], T]:
    """A function that reads JSON of a form. It raises `UndecodableError`, and nothing else."""
    decode = msgspec.json.Decoder(form, float_hook=float_hook).decode

    def read(data: bytes | str) -> T:
        try:
            return decode(_without_mark(data))
        except msgspec.ValidationError as error:
            raise UnexpectedFormError(str(error)) from None
        except (msgspec.DecodeError, UnicodeError) as error:
            raise UndecodableError(str(error)) from None
        except RecursionError:
            raise UndecodableError(_TOO_DEEP) from None

    return read


def _without_mark(data: bytes | str) -> bytes | str:
    """JSON without the byte-order mark that some programs put before it, which is no part of it (RFC 8259, 8.1)."""
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    return data.removeprefix(codecs.BOM_UTF8) if isinstance(data, bytes) else data  # a part of a document has none


def read_json(data: bytes | str, form: type[T]) -> T:
    """JSON of a form.

    Raises:
        UndecodableError: it cannot be read; `UnexpectedFormError` where only its form is another.
    """
    return json_decoder(form)(data)


def read_toml(data: bytes) -> dict[str, Any]:
    """TOML in UTF-8; some editors begin every file with a byte-order mark.

    Raises:
        UndecodableError: it cannot be read. The text may quote a sign of it, and no more.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UndecodableTextError(str(error)) from None
    if _LONG_KEY.search(text):
        raise UndecodableError(_TOO_DEEP)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UndecodableError(_TOO_DEEP) from None
    except ValueError as error:  # of TOML, and of a number with thousands of digits
        raise UndecodableError(str(error)) from None
