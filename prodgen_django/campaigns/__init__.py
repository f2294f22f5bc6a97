"""What a campaign is to a shop: whose brand, which promotion, which place on its pages, how its words are said.

Engines are not known here: `recipes.campaign` joins both.
"""
