{% macro lines_of_ledgers() -%}
    {#- `(select …)`: the lines of all ledgers. A condition on system, account and document reaches the index of each. -#}
    (
        {%- for ledger in var('ledgers') %}
        select * from {{ ref('stg_' ~ ledger ~ '__lines') }}
        {{ "union all" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
