{% macro finds_a_row(query) %}
    {#- Whether a query, asked before an incremental model is planned, finds anything. What it decides is left out of
        the model's own SQL, where it would only mislead the planner. -#}
    {%- if not execute or not is_incremental() -%}{{ return(false) }}{%- endif -%}
    {{ return(run_query("select exists (" ~ query ~ ")").rows[0][0]) }}
{% endmacro %}
