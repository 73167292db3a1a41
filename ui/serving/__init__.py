"""The server as it runs: started, counted, logged, stopped."""
