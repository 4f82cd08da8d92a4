"""The cases for ticket systems and CRMs, by group; ``Family.cases`` loads them."""
