{% macro id_of(kind, columns) -%}
    {#- Our identifier: the same in every build and on every machine for the same source key. -#}
    md5(concat_ws(chr(31), '{{ kind }}', {{ columns | join(", ") }}))::uuid::text
{%- endmacro %}


{% macro amount(expression) -%}
    {#- Money: decimal, four places, never a float. -#}
    ({{ expression }})::numeric(18, 4)
{%- endmacro %}


{% macro text_in(language, texts_by_locale) -%}
    {#- The text in a language (an SQL expression) out of {"en_US": "…", "en_GB": "…"}: that of a preferred
        locale, else of the first by name. -#}
    (
        select text.value
        from jsonb_each_text({{ texts_by_locale }}) as text
        where split_part(text.key, '_', 1) = {{ language }} and text.value <> ''
        order by text.key in ('{{ var("preferred_locales").values() | join("', '") }}') desc, text.key
        limit 1
    )
{%- endmacro %}


{% macro gtin(column) -%}
    {#- A GTIN-8, -12, -13 or -14 as its 14 digits, so that 0123… and 123… are the same article; null for
        anything else (GS1 General Specifications, section 3). -#}
    case when {{ column }} ~ '^([0-9]{8}|[0-9]{12,14})$' then lpad({{ column }}, 14, '0') end
{%- endmacro %}


{% macro gtin_spellings(column) -%}
    {#- Every way in which 14 digits may have been written, for a look-up by index. -#}
    array[{{ column }}, right({{ column }}, 13), right({{ column }}, 12), right({{ column }}, 8)]
{%- endmacro %}


{% macro readable(code) -%}
    {#- A code as a person writes it: oak_and_iron becomes Oak And Iron, 20cm stays. -#}
    case when {{ code }} ~ '^[a-z]' then initcap(replace({{ code }}, '_', ' ')) else {{ code }} end
{%- endmacro %}


{% macro readable_option(axis, code) -%}
    {#- As `readable`, but a size of up to three letters is written in capitals: xl becomes XL. -#}
    case when {{ axis }} = 'size' and {{ code }} ~ '^[a-z]{1,3}$' then upper({{ code }}) else {{ readable(code) }} end
{%- endmacro %}


{% macro business_date(column, time_zone) -%}
    {#- The day on the shop's own calendar. -#}
    ({{ column }} at time zone {{ time_zone }})::date
{%- endmacro %}


{% macro slug(column) -%}
    {#- A key as it may stand in a web address; null if nothing is left of it. -#}
    nullif(trim(both '-' from lower(regexp_replace({{ column }}, '[^a-zA-Z0-9]+', '-', 'g'))), '')
{%- endmacro %}


{% macro channel_id(row) -%}
    {#- Names a shop in metrics; the semantic models write it in the same way. -#}
    {{ row }}.source_system || '/' || {{ row }}.source_account
{%- endmacro %}


{% macro orders_of_shipments(line) -%}
    {#- Joins for lines of a warehouse's shipments: the order of a shop for which it sends, as `placed`. The warehouse
        names the order as we told it: by its name without the sign before it. -#}
    join (select distinct source_system, source_account, account from {{ ref('shipping_warehouses') }}) as rule
        on rule.account = {{ line }}.source_account
    join {{ ref('orders') }} as placed
        on placed.source_system = rule.source_system
        and placed.source_account = rule.source_account
        and placed.order_name = any (array[{{ line }}.order_number, '#' || {{ line }}.order_number])
{%- endmacro %}


{% macro shipments_of_orders(order) -%}
    {#- Joins for orders: the lines of shipments that a warehouse reports for them, as `line`. -#}
    join (select distinct source_system, source_account, account from {{ ref('shipping_warehouses') }}) as rule
        on rule.source_system = {{ order }}.source_system and rule.source_account = {{ order }}.source_account
    join {{ ref('warehouse_shipment_lines') }} as line
        on line.source_account = rule.account and line.order_number = ltrim({{ order }}.order_name, '#')
{%- endmacro %}


{% macro today() -%}
    {#- The day in UTC, wherever the server stands. -#}
    (now() at time zone 'UTC')::date
{%- endmacro %}
