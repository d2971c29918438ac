"""Where the Price Indication Directive (98/6/EC, article 6a) is law, by ISO 3166."""

EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""the 27 states of the European Union, and Iceland, Liechtenstein and Norway"""
