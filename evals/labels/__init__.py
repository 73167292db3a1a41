"""What people say of answers: labels, how far people agree, and machines set right by them."""
