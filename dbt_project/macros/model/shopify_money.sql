{% macro shopify_money(node, field, money) -%}
    {#- One side of a MoneyBag: shopMoney or presentmentMoney (Admin GraphQL, object MoneyBag). -#}
    ({{ node }} #>> '{ {{- field }},{{ money }},amount}')::numeric(18, 4)
{%- endmacro %}


{% macro shopify_nodes(array) -%}
    {#- The nodes of an array, each once: paging may hand out a node twice; the last one counts. -#}
    (
        select distinct on (element.node ->> 'id') element.node, element.position
        from jsonb_array_elements({{ array }}) with ordinality as element (node, position)
        order by element.node ->> 'id', element.position desc
    )
{%- endmacro %}
