"""The page of evaluators: runs of the suites, their reports held side by side, answers labelled blind."""
