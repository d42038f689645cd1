"""Where data rests: one module per schema of the warehouse, its SQL beside it in ``queries``."""
