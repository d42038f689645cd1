{#- When the connector wrote last, and how many rows are no older than the overlap before that. Of the rows since the moment
    `since`; null for all. -#}
with written as (
    {%- for table in watched if tables.tells_when(table) %}
    {% if not loop.first %}union all{% endif %}
    select _fivetran_synced::timestamptz as moment from {{ tables.every_row(table) }} as child
    where %(since)s::timestamptz is null or _fivetran_synced >= %(since)s::timestamptz
    {%- else %}
    select null::timestamptz as moment where false
    {%- endfor %}
),

newest as (
    select max(moment) as moment from written
)

select newest.moment, count(*)
from newest
join written on written.moment >= newest.moment - %(overlap)s::interval
group by newest.moment
