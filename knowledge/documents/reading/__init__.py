"""From a file to a reading: formats, readers, and the process that reads, which may do nothing else."""
