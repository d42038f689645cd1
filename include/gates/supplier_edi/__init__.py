"""What may go to suppliers over EDI."""
