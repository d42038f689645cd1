"""The documentation, and the program that writes the part of it that is made from the code."""
