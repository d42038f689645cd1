"""``./seamline``: the command line of engineers and operators.

``app`` declares the commands and imports nothing heavy, so that help comes at once; each command's
work lies in a module of its own. Exit codes: 0 clean, 1 findings, 2 cannot.
"""
