"""Plans on pages: the form, the ways side by side, the drawing, the steps."""
