"""Klaviyo, as a connector lands it: see README.md."""
