"""Akeneo PIM: products, families and categories by its REST API."""
