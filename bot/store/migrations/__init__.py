"""Alembic migrations; run by `siaga db upgrade`, and by demo and chat themselves."""
