"""Financial Analytics Platform: a bank's raw feeds in, a tested warehouse and its analytics out."""
