"""Shops whose sales come as a ledger: one file of lines, Parquet over SFTP."""
