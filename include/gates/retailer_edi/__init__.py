"""What must hold before anything goes to retailers."""
