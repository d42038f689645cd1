"""The Shopify storefront: its Admin GraphQL API."""
