"""What analysts may see."""
