"""What a text says of itself: title, issuer, number, dates and status, proposed for a person to correct."""
