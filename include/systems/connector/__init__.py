"""Tables in which somebody else's software has landed a system: read as documents, see README.md."""
