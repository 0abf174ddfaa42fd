// Works on the invoices of a queue until it is told to stop (SIGTERM or Ctrl-C), each once whatever happens on the way.
//
//     npm install @uipath/uipath-typescript
//     BASE=http://127.0.0.1:8080 TOKEN=... node performer.mjs
//
// The token needs the scope OR.Queues. ORGANIZATION (default), TENANT (Default), FOLDER (Shared) and QUEUE (Invoices) can be set, too.
// Start as many as you like.
import { randomUUID } from 'node:crypto';
import { call, insist, pause } from './api.mjs';

const { QUEUE = 'Invoices' } = process.env;

/** The next item, or null. The same key gets the same item, so the request can be sent until it is answered. */
function take() {
  const key = randomUUID();
  const path = '/odata/Queues/UiPathODataSvc.StartTransaction';
  return insist(() => call('POST', path, { transactionData: { Name: QUEUE } }, { 'Idempotency-Key': key }));
}

/** Tells the result until there is an answer. A result is taken once: 409 tells that an earlier request arrived. */
async function finish(item, transactionResult) {
  const path = `/odata/Queues(${item.Id})/UiPathODataSvc.SetTransactionResult`;
  try {
    await insist(() => call('POST', path, { transactionResult }));
  } catch (error) {
    if (error.status !== 409) throw error;
  }
}

class BusinessError extends Error {}

/** Your work goes here. This one takes the time that the invoice says. */
async function work(content) {
  if (content.Amount < 0) throw new BusinessError('the amount is negative');
  await pause(content.Seconds * 1000);
  return { Booked: content.Amount };
}

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    stopping = true;
  });
}
while (!stopping) {
  const item = await take();
  if (!item) {
    await pause(200);
    continue;
  }
  let result;
  try {
    result = { IsSuccessful: true, Output: await work(item.SpecificContent) };
  } catch (error) {
    // A wrong invoice is not tried again; for other trouble the queue says how often it is.
    const Type = error instanceof BusinessError ? 'BusinessException' : 'ApplicationException';
    result = { IsSuccessful: false, ProcessingException: { Type, Reason: error.message } };
  }
  await finish(item, result);
  console.log(`${item.Reference} done`);
}
