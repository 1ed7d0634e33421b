"""
Every error this package raises, on one screen.

Error:
    ├── InputError        what we were given cannot be used
    │   ├── MediaError    the bytes cannot be decoded within limits
    │   ├── SignalError   the text is not a valid signal of that type
    │   └── SettingsError a setting cannot be understood
    ├── RuleError         the request is clear, and the rules say no
    │   ├── NotAllowed    this key may not do this
    │   ├── TooMany       this key asks faster than it may, or too much at once
    │   └── WrongState    this thing cannot do that now
    ├── NotFound          nothing has that name or number
    └── OutsideError      something we depend on failed
        ├── FetchError    an address did not give us its content
        └── StorageError  the database or the disk refused or broke

The doors translate the four families (to a status code, an exit code, a retry)
and never a single class.

"""


class Error(Exception):
    """Base of everything raised on purpose. Its message is fit to show a user."""


class InputError(Error):
    """What we were given cannot be used."""


class MediaError(InputError):
    """The bytes cannot be decoded within the limits."""


class SignalError(InputError):
    """The text is not a valid signal of that type."""


class SettingsError(InputError):
    """A setting cannot be understood."""


class RuleError(Error):
    """The request is clear, and the rules say no."""


class NotAllowed(RuleError):
    """This key may not do this."""


class TooMany(RuleError):
    """This key asks faster than it may, or too much at once."""


class WrongState(RuleError):
    """This thing cannot do that now."""


class NotFound(Error):
    """Nothing has that name or number."""


class OutsideError(Error):
    """Something we depend on failed."""


class FetchError(OutsideError):
    """An address did not give us its content."""


class StorageError(OutsideError):
    """The database or the disk refused or broke."""
