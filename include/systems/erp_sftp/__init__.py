"""The ERP, whose orders to suppliers come as files."""
