"""A stand-in for Shopify's Admin GraphQL API, version 2026-07.

What it knows stands in ``admin_2026_07.graphql``, with the vendor's names and types; what it is asked beyond
that is refused with the code SANDBOX_SUBSET, so that nothing seems to work. Where the vendor's own
introspection is at hand, every document and its variables are checked against it first.
Sources: https://shopify.dev/docs/api/admin-graphql/2026-07 and the pages named in the modules of this folder.
"""
