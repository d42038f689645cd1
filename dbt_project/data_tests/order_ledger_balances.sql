-- What a build posts for a fact adds up to nothing: money comes from somewhere and goes somewhere.
select order_id, fact, fact_key, _build_id, sum(amount) as amount
from {{ ref('order_ledger') }}
where {{ changed_since_last_build('_build_id') }}
group by order_id, fact, fact_key, _build_id
having sum(amount) <> 0
