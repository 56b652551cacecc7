"""One module a subject: its families of measures, and the metrics made of them."""
