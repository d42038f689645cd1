"""Suppliers that send their catalog as files."""
