"""What happens, one step a module, one public function each, named like its task.

A step takes its work from the database by key, so it can be run at any time, twice, by anybody.
"""
