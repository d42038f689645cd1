{% macro orders_told_by(views) -%}
    {#- Selects system, account and key of the orders of which the deliveries of this build say something in one of these
        staging views. -#}
    {%- for view in views %}
    select source_system, source_account, order_key
    from {{ ref(view) }}
    where {{ in_this_build('_delivery_id') }}
    {{- "\n    union" if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{% macro order_ids_told_by(views) -%}
    {#- As `orders_told_by`, by our identifier. -#}
    select {{ id_of('order', ['source_system', 'source_account', 'order_key']) }} as order_id
    from ({{ orders_told_by(views) }}) as told
{%- endmacro %}


{% macro changed_shipments() -%}
    {#- `(select …)`: warehouse and order number of what warehouses sent, as told now and as told before. -#}
    (
        select source_account, order_number
        from {{ ref('warehouse_shipment_lines') }}
        where {{ changed_since_last_build('_build_id') }}
        union
        select source_account, order_number
        from {{ left_by(ref('warehouse_shipment_lines'), {'source_account': 'text', 'order_number': 'text'}) }} as told_before
    )
{%- endmacro %}
