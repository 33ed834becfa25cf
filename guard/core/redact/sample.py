"""Plain text to measure rules on: prose, speech, a table, JSON, code and links, with nothing secret in it."""

from __future__ import annotations

BENIGN = """\
Thanks for calling. I looked at your order from Tuesday, and it left the warehouse this morning at 9:45. It
should reach
you by Friday, but no later than the 14th. If it does not, call us again and we will send another one at no cost
to you.

You asked how the premium plan differs from the basic one. Basic includes 5 projects and 2 GB of storage; premium has
50 projects, 100 GB, and answers within 4 hours. Both cost less if you pay per year: $96 instead of $120, or
19.99 a month.

| region | orders | returned | change |
| north  | 12,480 | 312      | +2.5 % |
| south  |  9,017 | 288      | -0.8 % |

{"order": {"id": 48213, "state": "shipped", "items": [{"sku": "B-1042", "count": 2, "price": 24.5}], "gift": false}}

def total(prices: list[float], discount: float = 0.0) -> float:
    return round(sum(prices) * (1 - discount), 2)  # cents, not more

The page at https://www.example.org/help/shipping?lang=en#returns explains the 30-day return policy, step by step:
1. Open "My orders". 2. Choose the order. 3. Press "Return". 4. Print the label; it is valid until 2027-01-31.

Well, I think that is a great question! Let me explain: the key point is that a password should be long, not
complicated,
and that nobody from our company will ever ask you for it. Version 3.11.7 of the app fixes the sign-in screen.
La semaine
prochaine, nous serons fermés lundi; nächste Woche ist am Montag geschlossen. Two or three people asked about it
in 2024.
"""
