{% macro history(holder, key, content) %}
    {#- Rows of a type-2 history that have to change. A model calls it after two CTEs:

          affected(<holder>, changed_at)                 what was read anew, and when it last changed
          stated(<holder>, <key>, <content>, stated_at)  what holds for it now

        and gets the CTE `dated(<holder>, <key>, <content>, valid_from, valid_to)`: rows that open and rows that close.
        What is open and unchanged does not come. A row is valid from the source's own moment, or from that of the build if it
        lies before what it replaces, so that whatever follows in the same build sees it in force: history is added to, never rewritten. -#}
    {%- set keys = [holder] + key -%}
    {%- if is_incremental() %}
    -- Put side by side by grouping: a join of two lists whose length nobody knows could take for ever.
    side_by_side as (
        select {{ keys | join(", ") }}, {{ content | join(", ") }}, stated_at, null::timestamptz as opened_at,
            null::timestamptz as ended_at, null::timestamptz as changed_at, true as is_stated, false as is_open
        from stated
        union all
        select
            {%- for name in keys + content %}
            before.{{ name }},
            {%- endfor %}
            null, before.valid_from, before.valid_to, affected.changed_at, false, before.valid_to is null
        from affected
        join {{ this }} as before using ({{ holder }})
    ),

    compared as (
        select
            {%- for name in keys %}
            {{ name }},
            {%- endfor %}
            {%- for name in content %}
            max({{ name }}) filter (where is_stated) as new_{{ name }},
            max({{ name }}) filter (where is_open) as old_{{ name }},
            {%- endfor %}
            bool_or(is_stated) as is_stated,
            max(opened_at) filter (where is_open) as opened_at,
            greatest(max(opened_at) filter (where is_open), max(ended_at)) as not_before,
            coalesce(max(stated_at), max(changed_at)) as said_at
        from side_by_side
        group by {{ keys | join(", ") }}
    ),

    differing as (
        select
            compared.*,
            case when said_at > not_before or not_before is null then said_at else greatest({{ moment_of_build() }}, not_before) end as moment
        from compared
        where (is_stated and opened_at is null)
            or (opened_at is not null and not is_stated)
            {%- for name in content %}
            or (is_stated and new_{{ name }} is distinct from old_{{ name }})
            {%- endfor %}
    ),

    dated as (
        select
            {%- for name in keys %}
            {{ name }},
            {%- endfor %}
            {%- for name in content %}
            new_{{ name }} as {{ name }},
            {%- endfor %}
            moment as valid_from,
            null::timestamptz as valid_to
        from differing
        where is_stated
        union all
        select
            {%- for name in keys %}
            {{ name }},
            {%- endfor %}
            {%- for name in content %}
            old_{{ name }},
            {%- endfor %}
            opened_at,
            moment
        from differing
        where opened_at < moment or (opened_at = moment and not is_stated)
    )
    {%- else %}
    dated as (
        select
            {%- for name in keys + content %}
            {{ name }},
            {%- endfor %}
            stated_at as valid_from,
            null::timestamptz as valid_to
        from stated
    )
    {%- endif %}
{%- endmacro %}
