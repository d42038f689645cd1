{% test filled(model, columns) %}
{#- Rows in which one of the columns is null: `not_null` for several columns in one query. -#}
select *
from {{ model }}
where {{ columns | join(" is null or ") }} is null
{% endtest %}
