"""SFTP, as the systems that exchange files use it."""
