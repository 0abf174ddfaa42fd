update jobs set state = 1, started_at = now() where id = (select id from jobs where state = 0 order by id limit 1 for update skip locked) returning id, content \gset
update jobs set state = 3, ended_at = now(), output = '{"Posted": true}' where id = :id;
