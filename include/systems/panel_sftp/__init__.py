"""A grocer that shares what the households of its panel buy: sets of Parquet files over SFTP."""
