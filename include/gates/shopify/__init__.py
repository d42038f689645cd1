"""What may go to the storefront."""
