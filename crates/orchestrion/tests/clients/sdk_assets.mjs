// The TypeScript SDK with a ready token: lists and reads assets of a folder.
//
// Prints one JSON object. Reads BASE, TOKEN and FOLDER_ID from the environment.
import { UiPath } from '@uipath/uipath-typescript/core';
import { Assets } from '@uipath/uipath-typescript/assets';

const { BASE, TOKEN, FOLDER_ID } = process.env;
const sdk = new UiPath({ baseUrl: BASE, orgName: 'default', tenantName: 'Default', secret: TOKEN });
const assets = new Assets(sdk);
const page = await assets.getAll({ folderId: Number(FOLDER_ID), pageSize: 10 });
const first = page.items.find((asset) => asset.name === 'greeting');
const one = await assets.getById(first.id, Number(FOLDER_ID));
console.log(JSON.stringify({ names: page.items.map((asset) => asset.name).sort(), total: page.totalCount, value: one.value }));
