{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- staging/akeneo/stg_akeneo__products.sql rests in schema staging, seeds/shops.csv in seeds. -#}
    {%- if custom_schema_name is not none -%}
        {{ custom_schema_name | trim }}
    {%- elif node is not none and node.resource_type in ('model', 'seed', 'snapshot') -%}
        {{ node.original_file_path.replace('\\', '/').split('/')[0] }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}
