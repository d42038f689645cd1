"""The figures of the README, measured again by one command: ``make bench``."""
