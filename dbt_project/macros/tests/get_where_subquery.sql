{% macro get_where_subquery(relation) %}
    {#- A generic test looks at what changed: rows of this build's deliveries in staging, rows that changed since the
        last built build elsewhere; what did not change passed before. Run by hand, or with
        `--vars 'all_rows: true'`, it looks at all rows. -#}
    {%- set conditions = [config.get("where")] if config.get("where") else [] -%}
    {%- if execute and relation.schema == "staging" -%}
        {%- do conditions.append(in_this_build("_delivery_id")) -%}
    {%- elif execute and relation.schema != "seeds" -%}
        {%- do conditions.append(changed_since_last_build("_build_id")) -%}
    {%- endif -%}
    {%- if conditions -%}
        {{ return("(select * from " ~ relation ~ " where " ~ conditions | join(" and ") ~ ") as looked_at") }}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}
