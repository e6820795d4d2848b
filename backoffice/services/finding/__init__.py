"""What the public sees of the catalogue: courses, their coming dates, a month of them, and feeds of the same.

A date is shown while its course is published and not put away, the date itself is published and has not begun, and it
is nobody's own (`on_sale.conditions`). Lists are remembered for five minutes; places are asked for each time.
"""
