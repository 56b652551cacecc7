"""Everything that can be asked: importing this module fills the registries."""

from portal.catalog import metrics
from portal.catalog.family import FAMILIES, MEASURES
from portal.catalog.metric import METRICS
from portal.core.registry import discover

discover(metrics)

__all__ = ["FAMILIES", "MEASURES", "METRICS"]
