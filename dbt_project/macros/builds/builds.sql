{% macro known_of_builds() %}
    {#- What an invocation knows of builds: the one that is `running` (0 when somebody runs dbt by hand), the last that is
        `built` (0 before the first), the number of the `next`, and the `deliveries` of the running one. -#}
    {{ return(asked_once("builds", "
        select coalesce(running.build_id, 0) as running, coalesce(every.built, 0) as built, coalesce(every.highest, 0) + 1 as next,
            coalesce((
                select string_agg(distinct delivery_id::text, ', ') from build.build_deliveries where build_id = running.build_id
            ), '') as deliveries
        from (
            select max(build_id) as highest, max(build_id) filter (where status = 'built') as built from build.builds
        ) as every
        left join build.builds as running on running.status = 'running'
    ")[0]) }}
{% endmacro %}


{% macro current_build_id() %}
    {#- The build that is running; 0 when somebody runs dbt by hand. -#}
    {{ return(known_of_builds()["running"] | int if execute else 0) }}
{% endmacro %}


{% macro last_built_build_id() %}
    {#- The last build of which every layer is done; 0 before the first. -#}
    {{ return(known_of_builds()["built"] | int if execute else 0) }}
{% endmacro %}


{% macro build_stamp() %}
    {#- What `_build_id` becomes in rows that change now. Run by hand, it is the number that the next
        build has or passes, so that the layers which did not run by hand see the change in that build. -#}
    {%- set build_id = current_build_id() -%}
    {%- if execute and build_id == 0 -%}
        {%- set build_id = known_of_builds()["next"] | int -%}
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
    {{ return(delivery_id_column ~ " = any(array[" ~ known_of_builds()["deliveries"] ~ "]::bigint[])") }}
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
    {%- do known_columns() -%}
    {%- if current_build_id() == 0 -%}
        {%- do log(
            "No build is running, so dbt was started by hand: every row is read again, and rows whose content "
            ~ "changes are stamped " ~ build_stamp().split("::")[0] ~ " for the next build.", info=true
        ) -%}
    {%- endif -%}
    {{ return("") }}
{% endmacro %}
