"""A stand-in for the REST API of an Akeneo PIM (version 7 and SaaS), for reading.

What it answers: tokens, products by UUID, families, categories, attributes and their options, channels,
locales, currencies. What the API can do beyond that is refused with 501, so that nothing seems to work.
Sources: https://api.akeneo.com/api-reference.html and the pages named in the modules of this folder.
"""
