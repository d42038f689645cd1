"""What a worker loads before it forks its tasks: seconds less a task.

Celery imports this module (``AIRFLOW__CELERY__EXTRA_CELERY_CONFIG``); where the scheduler forks the tasks itself, the
plugin ``plugins/library_start.py`` does.
"""

from __future__ import annotations

from include import preloading

preloading.load(preloading.OF_TASKS)
