"""The readers of the warehouse: analysts and BI tools, through schema ``bi``."""
