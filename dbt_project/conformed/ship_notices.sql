{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'shipment_number'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['source_system', 'source_account', 'shipment_number'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, shipment_number
    from {{ ref('ship_notice_lines') }}
    where {{ changed_since_last_build('_build_id') }}
)

select
    line.source_system,
    line.source_account,
    line.shipment_number,
    string_agg(distinct line.order_number, ', ' order by line.order_number) as order_numbers,
    count(*) as line_count,
    count(distinct line.package_code) as package_count,
    sum(line.shipped_quantity) as shipped_quantity,
    max(line.carrier_code) as carrier_code,
    max(line.bill_of_lading) as bill_of_lading,
    max(line.ship_to) as ship_to,
    max(line.shipped_at) as shipped_at,
    max(line.expected_date) as expected_date,
    max(line.stated_at) as stated_at,
    {{ build_stamp() }} as _build_id
from affected
join {{ ref('ship_notice_lines') }} as line using (source_system, source_account, shipment_number)
group by line.source_system, line.source_account, line.shipment_number
