{% macro current_build_id() %}
    {#- The build that is running; 0 when somebody runs dbt by hand. -#}
    {%- if not execute -%}{{ return(0) }}{%- endif -%}
    {%- set running = run_query("select build_id from build.builds where status = 'running'") -%}
    {{ return(running.rows[0][0] | int if running.rows else 0) }}
{% endmacro %}


{% macro last_built_build_id() %}
    {#- The last build of which every layer is done; 0 before the first. -#}
    {%- if not execute -%}{{ return(0) }}{%- endif -%}
    {%- set built = run_query("select coalesce(max(build_id), 0) from build.builds where status = 'built'") -%}
    {{ return(built.rows[0][0] | int) }}
{% endmacro %}


{% macro build_stamp() %}
    {#- What `_build_id` becomes in rows that change now. Run by hand, it is the number that the next
        build has or passes, so that the layers which did not run by hand see the change in that build. -#}
    {%- set build_id = current_build_id() -%}
    {%- if execute and build_id == 0 -%}
        {%- set build_id = run_query("select coalesce(max(build_id), 0) + 1 from build.builds").rows[0][0] | int -%}
    {%- endif -%}
    {{ return(build_id ~ "::bigint") }}
{% endmacro %}


{% macro takes_everything() %}
    {#- Whether this node reads all rows: by hand, on a full refresh, and when its table is made. A data
        test reads all rows by hand alone. -#}
    {%- if not execute or current_build_id() == 0 or var('all_rows') -%}
        {{ return(true) }}
    {%- endif -%}
    {{ return(flags.FULL_REFRESH if model.resource_type == 'test' else not is_incremental()) }}
{% endmacro %}


{% macro in_this_build(delivery_id_column) %}
    {#- True for rows that a delivery of this build last changed. The list is written out, so that the
        planner sees how short it is and takes the index. -#}
    {%- if takes_everything() -%}{{ return("true") }}{%- endif -%}
    {%- set taken = run_query(
        "select distinct delivery_id from build.build_deliveries where build_id = "
        ~ current_build_id() ~ " order by delivery_id"
    ) -%}
    {{ return(delivery_id_column ~ " = any(array[" ~ taken.columns[0].values() | join(", ") ~ "]::bigint[])") }}
{% endmacro %}


{% macro changed_since_last_build(build_id_column) %}
    {#- True for rows whose content changed in this build, or in one that failed before it. -#}
    {%- if takes_everything() -%}{{ return("true") }}{%- endif -%}
    {{ return(build_id_column ~ " > " ~ last_built_build_id()) }}
{% endmacro %}


{% macro moment_of_build() -%}
    {#- The moment of which the build that is running speaks; the present one when somebody runs dbt by hand. -#}
    coalesce((select started_at from build.builds where status = 'running'), now())
{%- endmacro %}


{% macro passed_since_last_build(column) -%}
    {#- True for moments that have come since the last built build began: what was said long ago may begin or end now. -#}
    {%- if takes_everything() -%}{{ return("true") }}{%- endif -%}
    ({{ column }} <= {{ moment_of_build() }} and {{ column }} > (
        select coalesce(max(started_at), '-infinity') from build.builds where status = 'built'
    ))
{%- endmacro %}


{% macro prepare_build() %}
    {#- Runs first in every dbt invocation. -#}
    {%- if not execute -%}{{ return("") }}{%- endif -%}
    {%- if current_build_id() == 0 -%}
        {%- do log(
            "No build is running, so dbt was started by hand: every row is read again, and rows whose content "
            ~ "changes are stamped " ~ build_stamp().split("::")[0] ~ " for the next build.", info=true
        ) -%}
    {%- endif -%}
    {{ return("") }}
{% endmacro %}
