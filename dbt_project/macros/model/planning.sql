{% macro settings_of_a_build() %}
    {#- An incremental build looks up a few thousand rows among many: the index is right, and compiling the query
        costs more than running it. A query whose dbt was killed must not go on and hold its locks. -#}
    {%- if model.config.materialized == 'incremental' -%}
        set local client_connection_check_interval = '2s';
        {%- if execute and is_incremental() %}
        set local jit = off;
        set local random_page_cost = 1.1
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro analyze_if_new() %}
    {%- if model.config.materialized == 'incremental' and execute and not is_incremental() -%}
        analyze {{ this }}
    {%- endif -%}
{% endmacro %}
