"""What may go to warehouses over EDI."""
