"""A marketplace that exports its orders as sets of files."""
