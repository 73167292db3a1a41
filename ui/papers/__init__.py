"""Own documents in the web app: added, listed, corrected, looked at, deleted."""
