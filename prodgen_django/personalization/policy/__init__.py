"""What suits whom: tastes and pictures as numbers, and the choice between pictures. NumPy only, no Django, no tables.

features   tastes and pictures on the same axes of style and colour
taste      what was liked, as a taste
words      a shop's words, as features
model      the policy: scores, the choice with its probabilities, and learning from what came of it
robust     what one address may move
"""
