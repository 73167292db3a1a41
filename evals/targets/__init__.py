"""What a suite can be run against: this process, a running Hugang, any OpenAI-compatible endpoint."""

from evals.targets.target import Engine, Target, TargetRecord

__all__ = ["Engine", "Target", "TargetRecord"]
