// The TypeScript SDK with a ready token: finds a process, starts it, waits for its output, stops, restarts, reads an attachment.
//
// Prints one JSON object. Reads BASE, TOKEN, FOLDER_ID and ATTACHMENT from the environment; a robot must be there.
import { UiPath } from '@uipath/uipath-typescript/core';
import { Attachments } from '@uipath/uipath-typescript/attachments';
import { Jobs } from '@uipath/uipath-typescript/jobs';
import { Processes } from '@uipath/uipath-typescript/processes';

const { BASE, TOKEN, FOLDER_ID, ATTACHMENT } = process.env;
const folder = Number(FOLDER_ID);
const sdk = new UiPath({ baseUrl: BASE, orgName: 'default', tenantName: 'Default', secret: TOKEN });
const [jobs, processes, attachments] = [new Jobs(sdk), new Processes(sdk), new Attachments(sdk)];
const seen = {};

async function until(key, ...states) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const job = await jobs.getById(key, folder);
    if (states.includes(job.state)) return job;
    if (Date.now() > deadline) throw new Error(JSON.stringify(job));
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
const ended = (key) => until(key, 'Successful', 'Faulted', 'Stopped');
const start = async (say, more = {}) =>
  (await processes.start({ processKey: echo.key, inputArguments: JSON.stringify({ say }), ...more }, folder))[0];

const listed = await processes.getAll({ folderId: folder, pageSize: 10 });
seen.listed = listed.items.map((one) => one.name);
seen.total = listed.totalCount;
const echo = listed.items[0];
seen.byId = (await processes.getById(echo.id, folder)).key === echo.key;
seen.byName = (await processes.getByName('echo', { folderId: folder })).key === echo.key;
seen.unknown = await processes.getByName('nothing', { folderId: folder }).catch((error) => error.constructor.name);

const first = await start('hello');
seen.state = (await ended(first.key)).state;
seen.output = await jobs.getOutput(first.key, folder);
const large = await start('y'.repeat(9000), { inputArguments: JSON.stringify({ say: 'y'.repeat(9000), twice: true }) });
await ended(large.key);
seen.large = (await jobs.getOutput(large.key, folder)).say.length;

const second = await start('wait');
await until(second.key, 'Running');
await jobs.stop([second.key], folder, { strategy: 'Kill' });
seen.stopped = (await ended(second.key)).state;
const again = await jobs.restart(second.key, folder);
seen.restarted = again.key !== second.key;
await until(again.key, 'Running');
await (await jobs.getById(again.key, folder)).stop({ strategy: 'SoftStop' });
seen.stoppedSoftly = (await ended(again.key)).state;
const all = await jobs.getAll({ folderId: folder, filter: "state eq 'Stopped'", orderby: 'id desc', pageSize: 1 });
seen.jobs = [all.items.length, all.hasNextPage, all.totalCount];
seen.none = await jobs.getById('00000000-0000-4000-8000-000000000001', folder).catch((error) => error.statusCode);

const attachment = await attachments.getById(ATTACHMENT);
const { uri, headers = {} } = attachment.blobFileAccess;
seen.attachment = [attachment.name, await (await fetch(uri, { headers: { ...headers } })).text()];
console.log(JSON.stringify(seen));
