"""The suite's own Python: what a flow is, how each step works, which systems it speaks to.

Nothing here needs Airflow except ``task_groups``, ``connections``, ``alerts`` and ``assets``.
"""
