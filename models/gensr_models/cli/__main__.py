"""`python -m gensr_models.cli`."""

from gensr_models.cli import app

app()
