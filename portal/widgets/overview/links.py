"""Addresses that the cards of the Overview lead to; the blueprint says how to make them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """How to reach the rows behind a figure: as a page, and as the drawer's content."""

    page: Callable[..., str]
    """(metric, filter or '') → the page with its drawer open."""
    drawer: Callable[..., str]
    """(metric, filter or '') → what goes into the drawer."""
    here: Callable[..., str]
    """(changed arguments) → this page, changed."""
    only: Callable[[str], str]
    """(filter) → this page with one filter more, '' when it is there."""
