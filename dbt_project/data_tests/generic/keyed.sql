{% test keyed(model, key, filled=[]) %}
{#- Rows that lack a column of the key or of `filled`, and keys that stand more than once: `not_null` and `unique`
    in one query. -#}
select 'empty' as finding, {{ key | join(", ") }}
from {{ model }}
where {{ (key + filled) | join(" is null or ") }} is null
union all
select 'twice', {{ key | join(", ") }}
from {{ model }}
group by {{ key | join(", ") }}
having count(*) > 1
{% endtest %}
