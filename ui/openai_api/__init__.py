"""The endpoints that clients of OpenAI's chat completions speak to: Hugang as a model."""
