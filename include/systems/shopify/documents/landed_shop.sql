{#- The domain under which a shop was opened; nothing where the connector has not landed the shop itself. -#}
{%- set known = tables.row('shop', 'known') -%}
select {{ known('myshopify_domain') }} from {{ tables.rows('shop') }} as known limit 1
