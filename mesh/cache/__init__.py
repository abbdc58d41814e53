"""Cache and small shared state: one promise (`contract`), two keepers (`memory`, `redis`)."""

from mesh.cache.contract import Allowance, Cache, Rate

__all__ = ["Allowance", "Cache", "Rate"]
