{% test holds(model, expression) %}
{#- Rows for which a statement about the row is false; one that cannot be decided (null) is not a failure. -#}
select *
from {{ model }}
where not ({{ expression }})
{% endtest %}
