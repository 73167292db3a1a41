"""From a reading to parts: numbers at line heads, the outline, articles cut at sentences."""
