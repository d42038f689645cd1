"""Retailers over EDI who sell our articles: X12 and EDIFACT, on our SFTP server."""
