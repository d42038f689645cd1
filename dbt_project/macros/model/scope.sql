{% macro rows_and_scopes(rows, affected) %}
    {#- The end of a model that removes rows. Beside its rows it selects the scopes that it has read, one row each,
        marked `_is_gone`, so that a scope which has lost its rows is known as well. When the table is made there is
        nothing to remove. `affected` has the scope's columns under the table's names. -#}
    {%- if is_incremental() %}
    {%- do refuse_columns(this, columns_before(this), model.columns.keys() | list) %}
select {{ rows }}.*, false as _is_gone
from {{ rows }}
union all
select gone.*, true
from {{ affected }}
cross join lateral jsonb_populate_record(null::{{ this }}, to_jsonb({{ affected }})) as gone
    {%- else %}
select *
from {{ rows }}
    {%- endif %}
{%- endmacro %}
