"""The page of questions: one Gradio app, its answers and their sources."""
