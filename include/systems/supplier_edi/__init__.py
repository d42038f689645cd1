"""Suppliers over EDI: X12 and EDIFACT, on our SFTP server."""
