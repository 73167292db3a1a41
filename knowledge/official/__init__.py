"""The regulators' own texts of the instruments: fetched, compared, and laid beside the facts."""
