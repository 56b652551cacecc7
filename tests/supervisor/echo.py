"""An application that tells what it was asked."""

from collections.abc import Callable, Iterable
from typing import Any

from portal.supervisor.front import Front

PIECE = b"y" * 65536
PIECES = 80


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the environment, a long text, or an error."""
    if environ["PATH_INFO"] == "/broken":
        raise ValueError("broken on purpose")
    start("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    if environ["PATH_INFO"] == "/long":
        return (PIECE for _ in range(PIECES))
    size = len(environ["wsgi.input"].read())
    lines = [f"{name}={value}" for name, value in environ.items() if isinstance(value, str)]
    return ["\n".join([*lines, f"BODY={size}"]).encode("latin-1")]


app = Front(echo, threads=2)
