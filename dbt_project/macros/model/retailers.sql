{% macro changed_retailers() -%}
    {#- `(select …)`: retailers whose terms or places changed, came or went since the last built build. -#}
    (
        select account
        from {{ ref('retailers') }}
        where {{ changed_since_last_build('_build_id') }}
        union
        select account
        from {{ left_by(ref('retailers'), {'account': 'text'}) }} as gone
    )
{%- endmacro %}
