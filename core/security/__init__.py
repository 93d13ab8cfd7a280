"""Security: secrets encrypted at rest, and what people may see of headers and documents."""
