"""The chat that portals embed: a script for their pages, a slim page in a frame, its endpoints."""
