"""Warehouses that report their stock by EDI."""
