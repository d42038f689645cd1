"""The files that partners put on the SFTP server, byte by byte as each of them writes."""
