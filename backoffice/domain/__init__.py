"""Pure rules of the house: money, prices, statuses, rights, texts and times.

Nothing here reads a clock, a database or the network: the present moment is an argument named `now`.
"""
