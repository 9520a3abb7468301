"""Everything outside the process: Meta, the queues, the delivery table, the settings secret. One module each."""
