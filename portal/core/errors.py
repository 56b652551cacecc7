"""Every error the portal raises on purpose, and the HTTP status each one answers with."""


class PortalError(Exception):
    """Base of the errors a user may see; `status` is what the web layer answers."""

    status = 500
    title = "Something went wrong"


class BadRequest(PortalError):
    """The request cannot be read."""

    status = 400
    title = "The request could not be read"


class NotSignedIn(PortalError):
    """No credential, or one that is no longer good."""

    status = 401
    title = "Sign in first"


class NotAllowed(PortalError):
    """A known person or key, in their own client, without the right."""

    status = 403
    title = "Your role does not allow this"


class NotFound(PortalError):
    """Not there, or not yours: the two look the same."""

    status = 404
    title = "Not found"


class Conflict(PortalError):
    """The thing changed meanwhile, or the change would break a rule of the whole."""

    status = 409
    title = "This changed meanwhile"


class TooLarge(PortalError):
    """A body, file or list above its limit."""

    status = 413
    title = "Too large"


class WrongMediaType(PortalError):
    """A body in a format that this address does not read."""

    status = 415
    title = "Unsupported media type"


class Refused(PortalError):
    """Readable, but against the rules; the text names the field and what is allowed."""

    status = 422
    title = "Not accepted"

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class BadQuery(Refused):
    """A question that the catalog cannot answer, with the reason."""


class TooManyRequests(PortalError):
    """A limit was reached; try again in `retry_after` seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, reason: str, *, retry_after: int = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unavailable(PortalError):
    """A server that the portal needs does not answer; try again in `retry_after` seconds."""

    status = 503
    title = "Not available right now"

    def __init__(self, reason: str, *, retry_after: int = 5) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class NoSpace(PortalError):
    """The disk is full; nothing was kept."""

    status = 507
    title = "No space left"


class UnknownKey(PortalError, KeyError):
    """Nothing is registered under that key."""

    status = 404


class DuplicateKey(PortalError):
    """Two modules claim one registry key."""


class NoClient(PortalError):
    """Client-owned data was touched outside `acting_as`."""


class WrongClient(PortalError):
    """One unit of work tried to act as two clients."""


class BadConfig(PortalError):
    """A setting is missing or unsafe; the text names the variable and what it must be."""
