"""The words decisions are made in: category, ground, measure, rule."""
