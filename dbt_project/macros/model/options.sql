{% macro option_values(axes, options) -%}
    {#- What a variant is along the axes that its product has, as a list of option_name and name; 'None' where it is
        nothing. Used in a query over the variants of one product. -#}
    (
        {% for axis in axes -%}
        case
            when bool_or({{ options }} @> '[{"name": "{{ axis }}"}]'::jsonb) over ()
            then jsonb_build_array(jsonb_build_object(
                'option_name', '{{ axis | capitalize }}',
                'name', coalesce(
                    (
                        select {{ readable_option("'" ~ axis ~ "'", "option ->> 'value'") }}
                        from jsonb_array_elements({{ options }}) as option
                        where option ->> 'name' = '{{ axis }}'
                        limit 1
                    ),
                    'None'
                )
            ))
            else '[]'::jsonb
        end {{ "||" if not loop.last }}
        {% endfor -%}
    )
{%- endmacro %}


{% macro options_of(variants) -%}
    {#- The options of a product with their values, both in the order of its variants: a list of name and values. -#}
    (
        select jsonb_agg(jsonb_build_object('name', name, 'values', option_values) order by position)
        from (
            select name, min(position) as position, jsonb_agg(value order by place) as option_values
            from (
                select
                    chosen.option ->> 'option_name' as name,
                    chosen.option ->> 'name' as value,
                    min(chosen.position) as position,
                    min(shown.place) as place
                from jsonb_array_elements({{ variants }}) with ordinality as shown (variant, place)
                cross join lateral jsonb_array_elements(shown.variant -> 'option_values') with ordinality
                    as chosen (option, position)
                group by 1, 2
            ) as each_value
            group by name
        ) as each_option
    )
{%- endmacro %}


{% macro storefront_texts(descriptions) -%}
    {#- Of a list of scope, locale and data, the storefront's texts by locale. -#}
    (
        select jsonb_object_agg(description ->> 'locale', description ->> 'data')
        from jsonb_array_elements({{ descriptions }}) as description
        where description ->> 'scope' = '{{ var("storefront_scope") }}'
    )
{%- endmacro %}
