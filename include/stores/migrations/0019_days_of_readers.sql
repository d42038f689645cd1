create view bi.days as
select day::date as day
from generate_series(timestamp '2000-01-01', current_date + interval '1 year', interval '1 day') as day;
comment on view bi.days is 'One row per day, from 2000 to a year from now; metrics that look over several days are laid over it.';
grant select on bi.days to seamline_analyst;
