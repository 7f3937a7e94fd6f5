"""The judge: how far pictures follow their words, each number between its floor and its ceiling.

Knows the painter only by its public face; no network in here was used in any loss.
"""
