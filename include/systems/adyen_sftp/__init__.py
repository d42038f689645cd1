"""The ERP, whose orders to suppliers and exchange rates come as files."""
