"""Two runs side by side, a run against declared tolerances, and runs over time."""
