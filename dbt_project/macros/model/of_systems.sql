{% macro of_systems(systems, what, columns) -%}
    {#- `(select …)`: what several systems say of the same thing, each in a staging view `stg_<system>__<what>`. -#}
    (
        {%- for system in systems %}
        select {{ columns | join(", ") }} from {{ ref('stg_' ~ system ~ '__' ~ what) }}
        {{ "union all" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
