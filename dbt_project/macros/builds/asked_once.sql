{% macro asked_once(name, query) %}
    {#- The rows of a query whose answer is the same for all nodes of an invocation, which asks it once. They are kept in
        `graph`, the one thing that nodes share; who runs dbt again in the same process asks anew.
        Asked before any node runs (prepare_build), it is not asked by two threads at once. -#}
    {%- set kept = graph.setdefault("asked_once", {}) -%}
    {%- set key = (invocation_id, name) -%}
    {%- if key not in kept -%}{%- do kept.update({key: run_query(query).rows}) -%}{%- endif -%}
    {{ return(kept[key]) }}
{% endmacro %}


{% macro known_columns() %}
    {#- The columns that every table had when the invocation began. -#}
    {{ return(asked_once("columns", "
        select table_schema || '.' || table_name as name, string_agg(column_name, ',') as columns
        from information_schema.columns
        where table_schema not in ('pg_catalog', 'information_schema')
        group by 1
    ")) }}
{% endmacro %}


{% macro columns_before(relation) %}
    {#- The columns that a table had when the invocation began. -#}
    {%- set wanted = relation.schema ~ "." ~ relation.identifier -%}
    {{ return((known_columns() | selectattr("name", "equalto", wanted) | first)["columns"].split(",")) }}
{% endmacro %}
