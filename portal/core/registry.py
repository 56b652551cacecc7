"""Named sets that grow by one new module and no other edit."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Generic, TypeVar

from portal.core.errors import DuplicateKey, UnknownKey

T = TypeVar("T")
U = TypeVar("U")


class Registry(Mapping[str, T], Generic[T]):
    """
    Items of one kind by key, in order of registration.

    Raises:
        DuplicateKey: a key is registered twice.
        UnknownKey: a key is looked up that nobody registered.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def add(self, key: str, item: T) -> T:
        """Keep `item` under `key` and return it."""
        if key in self._items:
            raise DuplicateKey(f"{self.kind} {key!r} is registered twice")
        self._items[key] = item
        return item

    def register(self, key: str) -> Callable[[U], U]:
        """Class or function decorator form of `add`."""

        def keep(item: U) -> U:
            self.add(key, item)  # type: ignore[arg-type]  # the registry holds classes and functions alike
            return item

        return keep

    def __getitem__(self, key: str) -> T:
        try:
            return self._items[key]
        except KeyError:
            raise UnknownKey(f"no {self.kind} named {key!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


def discover(package: ModuleType) -> list[ModuleType]:
    """Import every module below `package`, so that each registers what it holds."""
    return [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    ]
