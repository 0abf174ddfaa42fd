// Every call about queues that the TypeScript SDK has.
//
// Prints one JSON object. Reads BASE, TOKEN and FOLDER_ID from the environment; the folder holds the queues `Plain` and `Unique`.
import { UiPath } from '@uipath/uipath-typescript/core';
import { Queues } from '@uipath/uipath-typescript/queues';

const { BASE, TOKEN, FOLDER_ID } = process.env;
const folderId = Number(FOLDER_ID);
const queues = new Queues(new UiPath({ baseUrl: BASE, orgName: 'default', tenantName: 'Default', secret: TOKEN }));
const names = (page) => page.items.map((queue) => queue.name);

const all = await queues.getAll({ folderId, orderby: 'Name asc' });
const filtered = await queues.getAll({ folderId, filter: "Name eq 'unique'" });
const page = await queues.getAll({ folderId, pageSize: 1, orderby: 'Name asc' });
const next = await queues.getAll({ folderId, cursor: page.nextCursor, orderby: 'Name asc' });
const jumped = await queues.getAll({ folderId, pageSize: 1, jumpToPage: 2, orderby: 'Name asc' });
const unique = await queues.getById(filtered.items[0].id, folderId);
const selected = await queues.getById(unique.id, folderId, { select: 'Id,Name' });
const missing = await queues.getById(999999, folderId).catch((error) => error.statusCode);
console.log(
  JSON.stringify({
    all: names(all),
    filtered: names(filtered),
    page: names(page),
    more: page.hasNextPage,
    total: page.totalCount,
    next: names(next),
    jumped: names(jumped),
    unique,
    selected,
    missing,
  }),
);
