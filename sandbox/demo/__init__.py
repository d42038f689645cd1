"""``make demo``: the whole circle, twice, on one machine, with the numbers that prove it.

__main__.py   starts the stack, lets two days come, waits for each to be done, shows the numbers
circle.py     when everything that came has arrived, and what is still on its way
figures.py    the numbers of every flow, read from the warehouse
proof.py      what must be true at the end, checked against what the sandbox knows of its own deliveries
showing.py    live progress and the closing tables
"""
