{#- Incremental strategy `guarded_merge`: the target becomes what the select says, and a row whose content
    is the same is not touched, so that `_build_id` tells in which build a row last changed.

    Settings of the model, in `meta`:
      scope     columns that name what the select has read anew. Target rows of such a scope that the
                select does not bring any more are removed. A scope without any row comes as one row with
                `_is_gone` (macros/model/scope.sql). Without `scope` nothing is removed.
      compared  columns that make up the content; if not given, all but the key, `_build_id` and `uncompared`.
      uncompared  columns that move without anything having changed, as `source_updated_at`: they are written
                along with a change, and are no change by themselves.
      watched   columns whose old values go to build.removed_rows when they change or the row is removed.

    The key of every removed row goes to build.removed_rows.

    MERGE needs PostgreSQL 15. The select's rows are few: they are analyzed, so that the target is reached
    through its indexes. -#}

{% macro get_incremental_guarded_merge_sql(arg_dict) %}
    {%- set target_relation, source = arg_dict["target_relation"], arg_dict["temp_relation"] -%}
    {%- set key = [arg_dict["unique_key"]] if arg_dict["unique_key"] is string else arg_dict["unique_key"] -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="name") | list -%}
    {%- set scope = config.meta_get("scope", []) -%}
    {%- set watched = config.meta_get("watched", []) -%}
    {%- set content = config.meta_get("compared", none)
        or (columns | reject("in", key + ["_build_id"] + config.meta_get("uncompared", [])) | list) -%}
    {%- do refuse_other_columns(target_relation, source, columns) -%}
    {%- do run_query("analyze " ~ source) -%}
    {%- set rows = "(select * from " ~ source ~ (" where not _is_gone" if scope else "") ~ ")" %}

    {%- if watched %}
    {{ record_removed(key + watched, target_relation) }}
    join {{ rows }} as new on {{ same(key) }}
    where {{ differ(watched) }};
    {%- endif %}

    {%- if scope %}
    with removed as (
        delete from {{ target_relation }} as old
        using (select distinct {{ scope | join(", ") }} from {{ source }}) as new
        where {{ same(scope) }}
            and not exists (select from {{ rows }} as kept where {{ same(key, new="kept") }})
        returning old.*
    )
    {{ record_removed(key + watched, "removed") }};
    {%- endif %}

    merge into {{ target_relation }} as old
    using {{ rows }} as new on {{ same(key) }}
    when matched and {{ differ(content) }} then
        update set {% for name in columns if name not in key %}{{ adapter.quote(name) }} = new.{{ adapter.quote(name) }}{{ ", " if not loop.last }}{% endfor %}
    when not matched then
        insert ({{ quoted(columns) }}) values ({{ quoted(columns, "new.") }})
{% endmacro %}


{% macro refuse_other_columns(target_relation, source, columns) %}
    {%- set selected = adapter.get_columns_in_relation(source) | map(attribute="name") | reject("equalto", "_is_gone") | list -%}
    {%- do refuse_columns(target_relation, columns, selected) -%}
{% endmacro %}


{% macro refuse_columns(target_relation, columns, selected) %}
    {#- A table takes no rows of other columns than its own. -#}
    {%- if selected | sort != columns | sort -%}
        {%- if config.get("full_refresh") == false -%}
            {%- set advice = "It holds a history that cannot be made anew: alter its columns by hand, then build again." -%}
        {%- else -%}
            {%- set advice = "Build it anew: dbt build --full-refresh --select " ~ model.name ~ "+" -%}
        {%- endif -%}
        {%- do exceptions.raise_compiler_error(
            target_relation ~ " has the columns " ~ columns | sort | join(", ") ~ ", but its model selects "
            ~ selected | sort | join(", ") ~ ". " ~ advice
        ) -%}
    {%- endif -%}
{% endmacro %}


{% macro same(names, new="new") -%}
    {% for name in names %}old.{{ adapter.quote(name) }} = {{ new }}.{{ adapter.quote(name) }}{{ " and " if not loop.last }}{% endfor %}
{%- endmacro %}


{% macro differ(names) -%}
    ({% for name in names %}old.{{ adapter.quote(name) }} is distinct from new.{{ adapter.quote(name) }}{{ " or " if not loop.last }}{% endfor %})
{%- endmacro %}


{% macro quoted(names, prefix="") -%}
    {% for name in names %}{{ prefix }}{{ adapter.quote(name) }}{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}
