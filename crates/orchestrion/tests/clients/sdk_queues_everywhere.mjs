// The queues of all folders, by the TypeScript SDK.
//
// Prints one JSON object. Reads BASE and TOKEN from the environment.
import { UiPath } from '@uipath/uipath-typescript/core';
import { Queues } from '@uipath/uipath-typescript/queues';

const { BASE, TOKEN } = process.env;
const queues = new Queues(new UiPath({ baseUrl: BASE, orgName: 'default', tenantName: 'Default', secret: TOKEN }));
const all = await queues.getAll();
const page = await queues.getAll({ pageSize: 2 });
console.log(JSON.stringify({ all: all.items.map((queue) => queue.name).sort(), some: page.items.length, total: page.totalCount }));
