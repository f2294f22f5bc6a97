"""What a request runs: who looks, what could be shown, what is chosen, and what a template gets of it.

visitor, cookies, address   who looks at the page, as far as they let us know
known, candidates           what the database says of the visitor and of the pictures: three queries at most
choice                      one choice for each product, and for each campaign's place
campaigns, pictures, page   what a template gets
middleware, views, tell     what leaves the page: headers, cookies, and reports into the log's buffer
"""
