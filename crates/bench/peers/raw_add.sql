\set number random(1, 1000000000)
insert into jobs (state, reference, content) values (0, 'invoice-' || :number, '{"InvoiceNumber": 1, "Supplier": "Kettle & Sons", "Amount": 1234.5, "Currency": "EUR"}');
