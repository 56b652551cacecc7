"""Random tokens, their digests, and secrets that are sealed with the portal's own key."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken

TOKEN_BYTES = 32


def new_token() -> str:
    """Make 256 random bits, as 43 characters that fit into a URL and a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """SHA-256 of `token`: what is stored instead of it."""
    return hashlib.sha256(token.encode()).digest()


def mark(key: str, purpose: str, text: str) -> str:
    """HMAC of `text` under `key`; different purposes never agree."""
    return hmac.new(_derived(key, purpose), text.encode(), hashlib.sha256).hexdigest()


def seal(key: str, purpose: str, text: str) -> bytes:
    """Encrypt and sign `text`, so that a copy of the database does not show it."""
    return _fernet(key, purpose).encrypt(text.encode())


def unseal(key: str, purpose: str, sealed: bytes) -> str | None:
    """Give back what `seal` took; None when the key is another or the bytes were changed."""
    try:
        return _fernet(key, purpose).decrypt(sealed).decode()
    except InvalidToken:
        return None


def _derived(key: str, purpose: str) -> bytes:
    return hmac.new(key.encode(), b"portal." + purpose.encode(), hashlib.sha256).digest()


def _fernet(key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(key, purpose)))
