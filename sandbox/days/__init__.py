"""What happens on the first and the second day, as data and as deliveries."""
