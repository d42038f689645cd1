{% macro lines_of_ledgers() -%}
    {#- `(select …)`: the lines of all ledgers. A condition on system, account and document reaches the index of each. -#}
    {{ of_systems(var('ledgers'), 'lines', [
        'source_system', 'source_account', 'order_key', 'line_key', 'line_number', 'is_correction', 'product_key', 'title',
        'quantity', 'unit_price_amount', 'gross_amount', 'discount_amount', 'placed_at', 'customer_key', 'country_name',
        'source_updated_at', 'is_deleted', '_delivery_id',
    ]) }}
{%- endmacro %}


{% macro articles_of_ledgers() -%}
    {#- `(select …)`: every mention of an article in a ledger. -#}
    {{ of_systems(var('ledgers'), 'articles', [
        'source_system', 'source_account', 'product_key', 'title', 'product_type', 'brand', 'is_name', 'mentioned_at',
        'mentioned_in', 'source_updated_at', 'is_deleted', '_delivery_id',
    ]) }}
{%- endmacro %}


{% macro is_of_ledger(column) -%}
    {{ column }} in ('{{ var("ledgers") | join("', '") }}')
{%- endmacro %}


{% macro is_line_of(line, document) -%}
    {#- A line of a ledger stands in a document and is there still; both are aliases. -#}
    {{ line }}.source_system = {{ document }}.source_system
            and {{ line }}.source_account = {{ document }}.source_account
            and {{ line }}.order_key = {{ document }}.order_key
            and not {{ line }}.is_deleted
{%- endmacro %}
