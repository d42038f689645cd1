{#- build.removed_rows: what rows have left. `_build_id` shows where a row is now; a row that was removed, or that moved
    to another parent or day, is missing or counted elsewhere. Its key and the watched columns, as they were before, stand
    in build.removed_rows, so that copies can follow and the next layer counts both places again. -#}

{% macro left_by(relation, columns) %}
    {#- `(select …)`: what rows of a model (a ref) left since the last built build. `columns` maps watched columns to types. -#}
    {%- set since = "false" if takes_everything() else "build_id > " ~ last_built_build_id() -%}
    (
        select distinct
            {%- for name, type in columns.items() %}
            (key ->> '{{ name }}')::{{ type }} as {{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        from build.removed_rows
        where table_name = '{{ relation.schema }}.{{ relation.identifier }}' and {{ since }}
    )
{%- endmacro %}


{% macro record_removed(columns, relation) -%}
    insert into build.removed_rows (build_id, table_name, key)
    select
        {{ build_stamp() }},
        '{{ this.schema }}.{{ this.identifier }}',
        jsonb_build_object({% for name in columns %}'{{ name }}', old.{{ adapter.quote(name) }}{{ ", " if not loop.last }}{% endfor %})
    from {{ relation }} as old
{%- endmacro %}
